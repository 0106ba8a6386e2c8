import { randomBytes } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { type StartedGateway, startTwoGateways, type TwoGateways, type TwoGatewaysOptions } from "./two-gateways.ts";
import { WireClient } from "./wire-client.ts";
import { call, type HttpAnswer } from "./wire-http.ts";

/** Starts two gateways for the whole test file, and stops them with every connection at the end. */
export function clusterOfFile(options: TwoGatewaysOptions = {}): ClusterScene {
  const scene = new ClusterScene();
  beforeAll(async () => scene.start(options));
  afterAll(async () => scene.stop());
  return scene;
}

/** Two gateways, and makers of people and conversations that no other test of the file has. */
export class ClusterScene {
  readonly #tag = randomBytes(3).toString("hex");
  #count = 0;
  #cluster: TwoGateways | null = null;

  async start(options: TwoGatewaysOptions): Promise<void> {
    this.#cluster = await startTwoGateways(options);
  }

  async stop(): Promise<void> {
    WireClient.terminateAll();
    await this.#cluster?.stop();
  }

  get one(): StartedGateway {
    return this.#gateways[0];
  }

  get two(): StartedGateway {
    return this.#gateways[1];
  }

  get #gateways(): TwoGateways["gateways"] {
    if (this.#cluster === null) throw new Error("the gateways have not started");
    return this.#cluster.gateways;
  }

  /** A fresh id that begins with `name`. */
  fresh(name: string): string {
    this.#count += 1;
    return `${name}-${this.#tag}-${this.#count}`;
  }

  /** Fresh ids, one for each name. */
  people<const N extends readonly string[]>(...names: N): { readonly [I in keyof N]: string } {
    return names.map((name) => this.fresh(name)) as unknown as { readonly [I in keyof N]: string };
  }

  crowd(count: number): readonly string[] {
    return Array.from({ length: count }, () => this.fresh("u"));
  }

  /** Connects to that gateway, says `hello` and awaits `welcome`. */
  async join(gateway: StartedGateway, user: string, hello: Readonly<Record<string, unknown>> = {}) {
    const client = await WireClient.connect(gateway.url, { transport: "websocket" });
    client.write({ t: "hello", v: 1, token: user, device: this.fresh("device"), k: 1, ...hello });
    const welcome = await client.next("welcome");
    return Object.assign(client, { welcome });
  }

  async call(gateway: StartedGateway, user: string, method: string, path: string, json?: unknown): Promise<HttpAnswer> {
    const answer = await call(gateway.url, method, path, json === undefined ? { user } : { user, json });
    if (answer.status >= 400) throw new Error(`unable to ${method} ${path}; ${answer.status} ${answer.text}`);
    return answer;
  }

  /** A new conversation, made over the first gateway: its id. */
  async create(owner: string, members: readonly unknown[], extra: Readonly<Record<string, unknown>> = {}) {
    const answer = await this.call(this.one, owner, "POST", "/conversations", { kind: "group", members, ...extra });
    return String(answer.body.c);
  }
}
