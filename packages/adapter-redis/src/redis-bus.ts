import { randomBytes } from "node:crypto";
import type { Bus, Envelope, Publication, Subscription, Topic } from "@earshot/core";
import { BUS_LANES, busChannel, busLane, laneTag } from "./bus-names.ts";
import { Subscriber } from "./links/subscriber.ts";
import { Listeners } from "./listeners.ts";
import { type NamespaceOptions, namespaceOf } from "./namespace.ts";
import { openConnection } from "./open-connection.ts";
import { PortState } from "./port-state.ts";
import type { RedisClient } from "./redis-client.ts";
import { type RedisConnection, redisDriver } from "./redis-driver.ts";
import { redisFailure } from "./redis-failure.ts";
import { loadScript } from "./script-loader.ts";
import { TopicListeners } from "./topic-listeners.ts";

export interface RedisBusOptions extends NamespaceOptions {
  /**
   * On a Cluster: by sharded channels, so that a server carries only what its own slots are for; needs Redis 7.0.
   * Without it every server passes on everything. The same on every node. Default: true on a Cluster.
   */
  readonly sharded?: boolean;
}

/**
 * A bus on Redis pub/sub. What is published while a connection is lost is lost, and `onInterruption` says so: at once
 * where it is not back at the first attempt, and when it listens again.
 *
 * `client` is an ioredis or node-redis client or cluster, connected or not: it says where Redis is, and is neither
 * used nor closed. Two connections are opened like it; sharded, one for commands and up to 16 that listen.
 */
export function redisBus(client: RedisClient, options: RedisBusOptions = {}): Bus {
  return new RedisBus(client, options);
}

/** Where slots are is looked at so often, in ms: a server that gave one away may have told nobody. */
const SLOTS_EVERY_MS = 3_000;
const PROBE = "probe";
const OLDEST = [6, 2] as const;
const OLDEST_SHARDED = [7, 0] as const;

const publishing = loadScript(new URL("./scripts/publish.lua", import.meta.url));

class RedisBus implements Bus {
  readonly #client: RedisClient;
  readonly #namespace: string;
  readonly #sharded: boolean;
  /** Goes before every text, so that the publisher knows its own. */
  readonly #origin = randomBytes(9).toString("base64url");
  readonly #state = new PortState("bus");
  readonly #topics = new TopicListeners();
  readonly #interruptions = new Listeners<[]>();
  /** By the number of the lane; without shards the first alone. */
  readonly #lanes = new Map<number, Subscriber>();
  /** By channel. */
  readonly #topicOf = new Map<string, Topic>();
  #connection: RedisConnection | null = null;
  #following: NodeJS.Timeout | null = null;

  constructor(client: RedisClient, { namespace, sharded = true }: RedisBusOptions) {
    this.#client = client;
    this.#namespace = namespaceOf(namespace);
    this.#sharded = sharded && redisDriver(client).isCluster;
  }

  open(): Promise<void> {
    return this.#state.open(async () => {
      const doing = "open bus";
      const connection = await openConnection(doing, this.#client, this.#sharded ? OLDEST_SHARDED : OLDEST);
      this.#connection = connection;
      try {
        await this.#lane(0).open(this.#channel(PROBE, 0));
        // Nothing to publish: whether it would be allowed.
        await this.#run(connection, 0, []);
      } catch (error) {
        await this.#end();
        throw redisFailure(doing, error);
      }
      if (this.#state.isClosed) await this.#end();
      else if (this.#sharded) this.#following = setInterval(() => void this.#follow(connection), SLOTS_EVERY_MS);
    });
  }

  async close(): Promise<void> {
    this.#state.close();
    this.#topics.clear();
    this.#interruptions.clear();
    await this.#end();
  }

  async ping(): Promise<void> {
    await this.#asked("ping bus", (connection) => connection.call(null, "PING", []));
  }

  async publish(batch: readonly Publication[]): Promise<void> {
    const texts = batch.map(({ topics, envelope }) => ({
      topics,
      text: `${this.#origin} ${JSON.stringify(envelope)}`,
    }));
    await this.#asked("publish", (connection) => Promise.all(this.#commands(connection, texts)));
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
    const lane = this.#sharded ? busLane(topic) : 0;
    const channel = this.#channel(topic, lane);
    const undo = this.#topics.add(topic, on);
    this.#topicOf.set(channel, topic);
    return {
      ready: this.#lane(lane).subscribe(channel),
      cancel: () => {
        if (!undo()) return;
        this.#topicOf.delete(channel);
        this.#lanes.get(lane)?.unsubscribe(channel);
      },
    };
  }

  onInterruption(listener: () => void): () => void {
    return this.#interruptions.add(listener);
  }

  #channel(topic: Topic | typeof PROBE, lane: number): string {
    return busChannel(this.#namespace, topic, this.#sharded ? lane : null);
  }

  #lane(lane: number): Subscriber {
    const known = this.#lanes.get(lane);
    if (known !== undefined) return known;
    const links = this.#connection?.links;
    if (links === undefined) throw this.#state.notOpen();
    const subscriber = new Subscriber({
      links,
      key: this.#sharded ? laneTag(this.#namespace, lane) : null,
      message: (channel, text) => this.#hear(channel, text),
      interrupted: () => this.#interruptions.tell(),
    });
    // The first one is opened by `open`, which wants to know how that went.
    if (this.#following !== null) subscriber.begin();
    this.#lanes.set(lane, subscriber);
    return subscriber;
  }

  #hear(channel: string, text: string): void {
    const topic = this.#topicOf.get(channel);
    const at = text.indexOf(" ");
    if (topic === undefined || at === -1 || text.slice(0, at) === this.#origin) return;
    this.#topics.deliver(topic, text.slice(at + 1));
  }

  /** One command for each lane that has something. */
  #commands(
    connection: RedisConnection,
    texts: readonly { readonly topics: readonly Topic[]; readonly text: string }[],
  ): readonly Promise<unknown>[] {
    const lanes = Array.from({ length: this.#sharded ? BUS_LANES : 1 }, (): string[] => []);
    for (const { topics, text } of texts) {
      const places = Map.groupBy(topics, (topic) => (this.#sharded ? busLane(topic) : 0));
      for (const [lane, here] of places) {
        lanes[lane]?.push(text, String(here.length), ...here.map((topic) => this.#channel(topic, lane)));
      }
    }
    return lanes.flatMap((said, lane) => (said.length === 0 ? [] : [this.#run(connection, lane, said)]));
  }

  #run(connection: RedisConnection, lane: number, said: readonly string[]): Promise<unknown> {
    // Without shards any server will do, but always the same one, so that what one node says stays in its order.
    const key = this.#sharded ? laneTag(this.#namespace, lane) : `earshot:${this.#namespace}:bus:${this.#origin}`;
    return publishing.run(connection, [key], [this.#sharded ? "SPUBLISH" : "PUBLISH", ...said]);
  }

  async #follow({ links }: RedisConnection): Promise<void> {
    try {
      await links.refresh([...this.#lanes.keys()].map((lane) => laneTag(this.#namespace, lane)));
    } catch {
      // Nobody answers: each link notices that for itself.
    }
    for (const lane of this.#lanes.values()) lane.follow();
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
    if (this.#following !== null) clearInterval(this.#following);
    this.#following = null;
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
    this.#topicOf.clear();
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close();
  }
}
