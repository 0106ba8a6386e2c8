import { randomBytes } from "node:crypto";
import type { Bus, Envelope, Publication, Subscription, Topic } from "@earshot/core";
import { busStream } from "./bus-names.ts";
import { Listeners } from "./listeners.ts";
import { type NamespaceOptions, namespaceOf } from "./namespace.ts";
import { openConnection } from "./open-connection.ts";
import { PortState } from "./port-state.ts";
import type { RedisClient } from "./redis-client.ts";
import type { RedisConnection } from "./redis-driver.ts";
import { redisFailure } from "./redis-failure.ts";
import { loadScript } from "./script-loader.ts";
import { StreamReader } from "./stream-reader.ts";
import { TopicListeners } from "./topic-listeners.ts";

export interface RedisStreamsBusOptions extends NamespaceOptions {
  /**
   * Entries that the stream keeps at least: how far a node may fall behind, or be cut off, without missing anything.
   * Each is one publication, about 1 KB for a short message. Default 20,000.
   */
  readonly entriesKept?: number;
}

/**
 * A bus on one Redis stream, which every node reads from a position of its own: what is published while a node is cut
 * off arrives when it is back. `onInterruption` is for what was trimmed, or lost with Redis, before it was read.
 *
 * One stream, not several: every node has to read all that is said, whatever the topics, so that more streams would
 * write each publication more than once, and take more connections, and spare nobody anything. It carries what one
 * Redis server carries; beyond that there is `redisBus`, sharded.
 *
 * `client` is an ioredis or node-redis client or cluster, connected or not: it says where Redis is, and is neither
 * used nor closed. Two connections are opened like it.
 */
export function redisStreamsBus(client: RedisClient, options: RedisStreamsBusOptions = {}): Bus {
  return new RedisStreamsBus(client, options);
}

const ENTRIES_KEPT = 20_000;
const OLDEST = [6, 2] as const;

const publishing = loadScript(new URL("./scripts/publish-entries.lua", import.meta.url));

class RedisStreamsBus implements Bus {
  readonly #client: RedisClient;
  readonly #stream: string;
  readonly #entriesKept: string;
  /** Stands in every entry, so that the publisher knows its own. */
  readonly #origin = randomBytes(9).toString("base64url");
  readonly #state = new PortState("bus");
  readonly #topics = new TopicListeners();
  readonly #interruptions = new Listeners<[]>();
  #connection: RedisConnection | null = null;
  #reader: StreamReader | null = null;

  constructor(client: RedisClient, { namespace, entriesKept = ENTRIES_KEPT }: RedisStreamsBusOptions) {
    this.#client = client;
    this.#stream = busStream(namespaceOf(namespace));
    this.#entriesKept = String(entriesKept);
  }

  open(): Promise<void> {
    return this.#state.open(async () => {
      const doing = "open bus";
      const connection = await openConnection(doing, this.#client, OLDEST);
      this.#connection = connection;
      const reader = new StreamReader({
        links: connection.links,
        stream: this.#stream,
        mark: async () => String(await this.#append(connection, ["", ""])),
        entry: (fields) => this.#hear(fields),
        trimmed: () => this.#interruptions.tell(),
      });
      this.#reader = reader;
      try {
        await reader.open();
      } catch (error) {
        await this.#end();
        throw redisFailure(doing, error);
      }
      if (this.#state.isClosed) await this.#end();
    });
  }

  async close(): Promise<void> {
    this.#state.close();
    this.#topics.clear();
    this.#interruptions.clear();
    await this.#end();
  }

  async ping(): Promise<void> {
    await this.#asked("ping bus", (connection) => connection.call(this.#stream, "EXISTS", [this.#stream]));
  }

  async publish(batch: readonly Publication[]): Promise<void> {
    const entries = batch
      .filter(({ topics }) => topics.length > 0)
      .flatMap(({ topics, envelope }) => [topics.join(" "), JSON.stringify(envelope)]);
    await this.#asked("publish", async (connection) => {
      if (entries.length > 0) await this.#append(connection, entries);
    });
  }

  subscribe(topic: Topic, on: (envelope: Envelope) => void): Subscription {
    try {
      this.#state.require();
    } catch (error) {
      const ready = Promise.reject(error);
      // Whoever waits for it still gets the rejection; whoever does not must not end the process.
      ready.catch(() => {});
      return { ready, cancel: () => {} };
    }
    // Everything is read anyway, from a position that is not later than now.
    return { ready: Promise.resolve(), cancel: this.#topics.add(topic, on) };
  }

  onInterruption(listener: () => void): () => void {
    return this.#interruptions.add(listener);
  }

  /** `entries`: by turns topics, divided by blanks, and a text. Resolves with the last one's id. */
  #append(connection: RedisConnection, entries: readonly string[]): Promise<unknown> {
    return publishing.run(connection, [this.#stream], [this.#entriesKept, this.#origin, ...entries]);
  }

  /** As publish-entries.lua writes them. */
  #hear([, origin, , topics, , text]: readonly string[]): void {
    if (origin === this.#origin || topics === undefined || text === undefined) return;
    for (const topic of topics.split(" ")) this.#topics.deliver(topic, text);
  }

  async #asked(doing: string, run: (connection: RedisConnection) => Promise<unknown>): Promise<void> {
    this.#state.require();
    const connection = this.#connection;
    if (connection === null) throw this.#state.notOpen();
    try {
      await run(connection);
    } catch (error) {
      if (this.#state.isClosed) throw this.#state.notOpen();
      throw redisFailure(doing, error);
    }
  }

  async #end(): Promise<void> {
    this.#reader?.close();
    this.#reader = null;
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close();
  }
}
