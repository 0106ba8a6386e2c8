import { randomBytes } from "node:crypto";
import { bucketOf, type StoreKeys } from "../keys.ts";
import type { RedisConnection } from "../redis-driver.ts";
import { redisFailure } from "../redis-failure.ts";
import { STORE_SCRIPTS, type StoreScript } from "../store-scripts.ts";
import { BucketClocks, type BucketMoment } from "./bucket-clocks.ts";
import { NotedIndexes } from "./noted-indexes.ts";

/** What is sent in one call: on a Cluster of one bucket, on one server of any. */
export interface Group<Item> {
  /** Groups of one lane go out one after the other where order matters. */
  readonly lane: number;
  /** Those that the items are of, each once. */
  readonly buckets: readonly number[];
  /** With their places in what was grouped. */
  readonly items: readonly Item[];
  readonly places: readonly number[];
}

export interface StoreLinkHouse {
  readonly connection: RedisConnection;
  readonly isCluster: boolean;
  readonly keys: StoreKeys;
  readonly life: string;
  /** Something was lost, maybe the store's name as well. Must not throw. */
  onNewLife(): void;
}

/** Items of one call at most: a script holds everybody up while it runs. */
const GROUP_ITEMS_MAX = 500;

/** The store's way to Redis: scripts by their names, and what they tell of the buckets' clocks. */
export class StoreLink {
  readonly keys: StoreKeys;
  /** Names this store from its creation on: part of every mark and cursor. */
  life: string;
  readonly clocks: BucketClocks;
  /** What was noted in users' indexes of late. */
  readonly noted = new NotedIndexes();
  readonly #connection: RedisConnection;
  readonly #isCluster: boolean;

  constructor(house: StoreLinkHouse) {
    this.#connection = house.connection;
    this.#isCluster = house.isCluster;
    this.keys = house.keys;
    this.life = house.life;
    this.clocks = new BucketClocks(() => {
      this.noted.clear();
      house.onNewLife();
    });
  }

  readonly run = async (
    script: StoreScript,
    keys: readonly string[],
    args: readonly string[] = [],
  ): Promise<unknown> => {
    try {
      return await STORE_SCRIPTS[script].run(this.#connection, keys, args);
    } catch (error) {
      throw this.#failure(error);
    }
  };

  async call(command: string, key: string, ...args: readonly string[]): Promise<unknown> {
    try {
      return await this.#connection.call(key, command, [key, ...args]);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async ping(): Promise<void> {
    try {
      await this.#connection.callEach("PING", []);
    } catch (error) {
      throw redisFailure("ping store", error);
    }
  }

  /** Every bucket, in groups. */
  allBuckets(): readonly Group<number>[] {
    return this.groups(
      Array.from({ length: this.clocks.size }, (_, bucket) => bucket),
      (bucket) => bucket,
    );
  }

  /** Items of one bucket keep their order, also over calls. */
  groups<Item>(items: readonly Item[], bucket: (item: Item) => number): readonly Group<Item>[] {
    const groups: { lane: number; buckets: Set<number>; items: Item[]; places: number[] }[] = [];
    const filling = new Map<number, (typeof groups)[number]>();
    for (const [place, item] of items.entries()) {
      const at = this.#isCluster ? bucket(item) : 0;
      let group = filling.get(at);
      if (group === undefined || group.items.length >= GROUP_ITEMS_MAX) {
        group = { lane: at, buckets: new Set(), items: [], places: [] };
        filling.set(at, group);
        groups.push(group);
      }
      group.buckets.add(bucket(item));
      group.items.push(item);
      group.places.push(place);
    }
    return groups.map((group) => ({ ...group, buckets: [...group.buckets] }));
  }

  /** Tells buckets what was told of them, so that one that was put back begins another life. Gives where they stand. */
  async rewind(buckets: readonly number[]): Promise<ReadonlyMap<number, BucketMoment>> {
    const named = buckets.map((bucket) => this.keys.bucket(bucket));
    const answers = (await this.run("rewind", named, this.witnessed(buckets))) as readonly string[];
    return new Map(buckets.map((bucket, n) => [bucket, this.clocks.hear(bucket, answers[n])]));
  }

  /** Of every bucket. */
  async rewindAll(): Promise<ReadonlyMap<number, BucketMoment>> {
    const all = await Promise.all(this.allBuckets().map(({ buckets }) => this.rewind(buckets)));
    return new Map(all.flatMap((moments) => [...moments]));
  }

  ofIds(ids: readonly string[]): readonly Group<string>[] {
    return this.groups(ids, bucketOf);
  }

  /** For scripts that are to notice that a bucket was put back: a name for its new life, and what was told of each. */
  witnessed(buckets: readonly number[]): readonly string[] {
    return [newLife(), ...buckets.map((bucket) => String(this.clocks.seen(bucket)))];
  }

  #failure(error: unknown): Error {
    // Whom we are connected to is the master no longer, and may stay there for good.
    if (error instanceof Error && error.message.startsWith("READONLY")) this.#connection.renew();
    return redisFailure("use store", error);
  }
}

function newLife(): string {
  return randomBytes(6).toString("hex");
}
