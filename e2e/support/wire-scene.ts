import { randomBytes } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { type RunningServer, startServer } from "./server.ts";
import { type ConnectOptions, WireClient } from "./wire-client.ts";
import type { Frame } from "./wire-frame.ts";
import { call } from "./wire-http.ts";

export interface OpenOptions extends ConnectOptions {
  readonly device?: string;
  /** Fields of `hello` beside those that are always there; a field that is undefined is left out. */
  readonly hello?: Readonly<Record<string, unknown>>;
}

/** A welcomed connection. */
export interface Opened {
  readonly client: WireClient;
  readonly welcome: Frame;
}

const startWithinMs = 60_000;

/** Starts one server for the whole test file, and stops it with every connection at the end. */
export function sceneOfFile(): Scene {
  const scene = new Scene();
  beforeAll(async () => scene.start(), startWithinMs);
  afterAll(async () => scene.stop(), startWithinMs);
  return scene;
}

/** A running server and makers of people, devices and conversations that no other test of the file has. */
export class Scene {
  readonly #tag = randomBytes(3).toString("hex");
  #count = 0;
  #server: RunningServer | null = null;

  get server(): RunningServer {
    if (this.#server === null) throw new Error("the server has not started");
    return this.#server;
  }

  get url(): string {
    return this.server.url;
  }

  async start(): Promise<void> {
    this.#server = await startServer();
  }

  async stop(): Promise<void> {
    WireClient.terminateAll();
    await this.#server?.stop();
  }

  /** A fresh id that begins with `name`: of a user, a device or a conversation. */
  fresh(name: string): string {
    this.#count += 1;
    return `${name}-${this.#tag}-${this.#count}`;
  }

  /** Fresh ids, one for each name. */
  people<const N extends readonly string[]>(...names: N): { readonly [I in keyof N]: string } {
    return names.map((name) => this.fresh(name)) as unknown as { readonly [I in keyof N]: string };
  }

  /** Connects and says `hello`; does not wait for the answer. */
  async greet(user: string | undefined, options: OpenOptions = {}): Promise<WireClient> {
    const client = await WireClient.connect(this.url, options);
    const device = options.device ?? this.fresh("device");
    client.write({ t: "hello", v: 1, token: user, device, k: 1, agent: "wire-test/1", ...options.hello });
    return client;
  }

  /** Connects, says `hello` and awaits `welcome`. */
  async open(user: string | undefined, options: OpenOptions = {}): Promise<Opened> {
    const client = await this.greet(user, options);
    return { client, welcome: await client.next("welcome") };
  }

  /** As `open`, for those who need only the client. */
  async join(user: string, options: OpenOptions = {}): Promise<WireClient> {
    return (await this.open(user, options)).client;
  }

  /** A new conversation, made over HTTP: its id. */
  async create(
    owner: string,
    members: readonly unknown[],
    extra: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const json = { kind: "group", members, title: "A test", ...extra };
    const answer = await call(this.url, "POST", "/conversations", { user: owner, json });
    if (answer.status !== 201 || typeof answer.body.c !== "string") {
      throw new Error(`unable to create a conversation; ${answer.status} ${answer.text.slice(0, 300)}`);
    }
    return answer.body.c;
  }
}
