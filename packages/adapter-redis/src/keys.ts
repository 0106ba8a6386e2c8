import { slotOf } from "./links/slot.ts";

/**
 * Everything of the store stands in one of so many buckets, each of one hash tag and so of one slot of a Cluster: what
 * an append decides in one step, and the feed of it. Marks name a place in each. Data depends on it: it never changes.
 */
export const BUCKETS = 64;
const SLOTS_OF_BUCKET = 16_384 / BUCKETS;

/** The bucket of a conversation, user or name. */
export function bucketOf(id: string): number {
  return slotOf(id) % BUCKETS;
}

/** Names whose slots are spread evenly, so that masters with as many slots hold as many buckets. */
const TAGS: readonly string[] = Array.from({ length: BUCKETS }, (_, bucket) => {
  for (let salt = 0; ; salt++) {
    const tag = `${bucket}.${salt}`;
    if (Math.floor(slotOf(tag) / SLOTS_OF_BUCKET) === bucket) return tag;
  }
});

/** Every key of a store. No id holds braces, so that nothing but the tag decides a key's slot. */
export class StoreKeys {
  readonly #prefixes: readonly string[];

  constructor(namespace: string) {
    this.#prefixes = TAGS.map((tag) => `earshot:{${tag}}:${namespace}:`);
  }

  // ---- of a bucket

  bucket(bucket: number): string {
    return this.#in(bucket, "bucket");
  }

  feed(bucket: number): string {
    return this.#in(bucket, "feed");
  }

  ids(bucket: number): string {
    return this.#in(bucket, "ids");
  }

  purges(bucket: number): string {
    return this.#in(bucket, "purges");
  }

  // ---- of a conversation

  conversation(id: string): string {
    return this.#of("c", id);
  }

  log(id: string): string {
    return this.#of("e", id);
  }

  index(id: string): string {
    return this.#of("i", id);
  }

  messages(id: string): string {
    return this.#of("g", id);
  }

  // ---- of a user

  inbox(user: string): string {
    return this.#of("u", user);
  }

  /** With whom they have or had a block, in either direction. */
  blocks(user: string): string {
    return this.#of("w", user);
  }

  /** `pair`: two users in order, a space between: no id holds one. */
  pair(pair: string): string {
    return this.#of("d", pair);
  }

  // ---- of a name

  setting(name: string): string {
    return this.#of("s", name);
  }

  lease(name: string): string {
    return this.#of("l", name);
  }

  position(name: string): string {
    return this.#of("p", name);
  }

  // ---- of the whole store, in the first bucket

  store(): string {
    return this.#in(0, "store");
  }

  revocationMarks(): string {
    return this.#in(0, "revoked");
  }

  revocationEnds(): string {
    return this.#in(0, "revokedUntil");
  }

  /** Where it is tried whether commands may be used. */
  probe(): string {
    return this.#in(0, "probe");
  }

  #in(bucket: number, name: string): string {
    return `${this.#prefixes[bucket]}${name}`;
  }

  #of(kind: string, id: string): string {
    return `${this.#prefixes[bucketOf(id)]}${kind}:${id}`;
  }
}
