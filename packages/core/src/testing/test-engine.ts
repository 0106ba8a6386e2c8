import {
  type ConversationId,
  type HelloFrame,
  type InboxRow,
  isUserId,
  type Role,
  type UserId,
} from "@earshot/protocol";
import { ChatEngine, houseOf } from "../chat-engine.ts";
import type { Gauges } from "../gauges.ts";
import type { ChatEngineOptions } from "../options.ts";
import type { PeerRequest } from "../ports/authenticate.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { ConnectionPair } from "./connection-pair.ts";
import { ManualClock } from "./manual-clock.ts";
import { SeededRandom } from "./seeded-random.ts";
import { TestClient } from "./test-client.ts";

export interface TestEngineOptions extends Partial<Omit<ChatEngineOptions, "clock" | "random">> {
  /** Default: one of its own. Engines of one cluster share one. */
  readonly clock?: ManualClock;
  /** Of all chance in the engine. Default 1. */
  readonly seed?: number;
}

/** Time that `close` lets pass, at most, for what waits for a timer. */
const CLOSE_WITHIN_MS = 60_000;

/**
 * A real `ChatEngine` with time, chance and connections in the test's hands. Without options: a memory
 * store, and a token is the id of its user.
 */
export class TestEngine {
  readonly chat: ChatEngine;
  readonly clock: ManualClock;

  constructor({ clock = new ManualClock(), seed = 1, ...options }: TestEngineOptions = {}) {
    this.clock = clock;
    this.chat = new ChatEngine({
      store: memoryStore({ clock }),
      authenticate: ({ token }) => (isUserId(token) ? { user: token } : null),
      ...options,
      clock,
      random: new SeededRandom(seed),
    });
  }

  /** Builds one and starts it. */
  static async start(options: TestEngineOptions = {}): Promise<TestEngine> {
    const engine = new TestEngine(options);
    await engine.chat.start();
    await engine.settle();
    return engine;
  }

  get gauges(): Gauges {
    return houseOf(this.chat).gauges();
  }

  /** A connection that has not said anything yet. */
  connect(request: Partial<PeerRequest> = {}): TestClient {
    const pair = new ConnectionPair(this.clock, request).open((connection) => houseOf(this.chat).accept(connection));
    return new TestClient(pair, () => this.settle());
  }

  /** A connection that has said `hello`; whether it was welcomed is for the test to see. */
  join(user: UserId, fields: Partial<HelloFrame> = {}): Promise<TestClient> {
    return this.connect().hello(user, fields);
  }

  /** One call of the HTTP API as `user`. */
  call(user: UserId, method: string, path: string, body?: unknown): Promise<Response> {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    return this.whileSettling(
      this.chat.fetch(
        new Request(`http://test${path}`, { method, headers: { authorization: `Bearer ${user}` }, ...init }),
      ),
    );
  }

  /** Creates a group of `creator` and `members`. Throws if that is refused. */
  async create(
    creator: UserId,
    id: ConversationId,
    members: readonly (UserId | readonly [UserId, Role])[] = [],
  ): Promise<InboxRow> {
    const response = await this.call(creator, "POST", "/conversations", { kind: "group", id, members });
    if (response.status !== 201) throw new Error(`unable to create ${id}; ${await response.text()}`);
    return (await response.json()) as InboxRow;
  }

  /** Lets everything happen that happens without time going on. */
  settle(): Promise<void> {
    return this.clock.settle();
  }

  /** Lets time go on. */
  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Waits for a promise that needs turns, and no time, to settle. */
  async whileSettling<T>(work: Promise<T>): Promise<T> {
    await this.#pump(work, 0);
    return work;
  }

  /** Closes the engine, letting time go on where something waits for it. */
  async close(): Promise<void> {
    const closing = this.chat.close();
    await this.#pump(closing, CLOSE_WITHIN_MS);
    await closing;
  }

  /** Turns the clock's hands until the work has settled, or a minute of its time and a thousand turns have passed. */
  async #pump(work: Promise<unknown>, withinMs: number): Promise<void> {
    let settled = false;
    const done = (): void => {
      settled = true;
    };
    void work.then(done, done);
    for (let turn = 0; turn < 1_000 && !settled; turn++) await this.settle();
    for (let passed = 0; passed < withinMs && !settled; passed += 1_000) await this.advance(1_000);
    if (!settled) throw new Error("it did not settle; a promise waits for time or for something that never comes");
  }
}
