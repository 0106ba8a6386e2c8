import { LRUCache } from "lru-cache";

/** How often something may happen; times are monotonic ms. */
export interface Bucket {
  /** ms until one passes; 0: now. */
  wait(now: number): number;
  take(): void;
}

export interface AddressesSurroundings {
  readonly limits: { readonly connectionsPerAddressMax: number; readonly rememberedMax: number };
  /** A full bucket of one address' handshakes. */
  bucket(now: number): Bucket;
}

/** Wait told to who comes from an address that has all its sessions, in ms. */
const FULL_WAIT_MS = 10_000;

/**
 * Who comes from where: how often, and how many are here (S42). Buckets of a bounded number of addresses
 * are remembered; one forgotten has its whole burst again, as it would have had by staying quiet. An IPv6
 * network of 64 bits, which one host can have for itself, is one address.
 */
export class Addresses {
  readonly #house: AddressesSurroundings;
  readonly #handshakes: LRUCache<string, Bucket>;
  readonly #here = new Map<string, number>();

  constructor(house: AddressesSurroundings) {
    this.#house = house;
    this.#handshakes = new LRUCache({ max: house.limits.rememberedMax });
  }

  /** Addresses that have a session here. */
  get size(): number {
    return this.#here.size;
  }

  /** ms until one more may come from there; 0: now. Charges nothing. */
  wait(address: string, now: number): number {
    const key = addressKey(address);
    // A mount that does not say whose request it is: nobody can be told apart.
    if (key === "") return 0;
    if ((this.#here.get(key) ?? 0) >= this.#house.limits.connectionsPerAddressMax) return FULL_WAIT_MS;
    return this.#handshakes.get(key)?.wait(now) ?? 0;
  }

  /** One tries to come in. */
  take(address: string, now: number): void {
    const key = addressKey(address);
    const bucket = this.#handshakes.get(key) ?? this.#house.bucket(now);
    this.#handshakes.set(key, bucket);
    bucket.wait(now);
    bucket.take();
  }

  /** A session has begun. */
  enter(address: string): void {
    const key = addressKey(address);
    this.#here.set(key, (this.#here.get(key) ?? 0) + 1);
  }

  /** It has ended. */
  leave(address: string): void {
    const key = addressKey(address);
    const left = (this.#here.get(key) ?? 0) - 1;
    if (left > 0) this.#here.set(key, left);
    else this.#here.delete(key);
  }
}

/** The first four groups of an IPv6 address; any other as it is; '' for none. What a proxy wrote may be long, and is cut. */
export function addressKey(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address.slice(0, 64);
  const [before = "", after] = address.split("::");
  const groups = before === "" ? [] : before.split(":");
  const behind = after === undefined || after === "" ? [] : after.split(":");
  const zeros = after === undefined ? 0 : Math.max(0, 8 - groups.length - behind.length);
  const all = [...groups, ...Array.from({ length: zeros }, () => "0"), ...behind];
  return all
    .slice(0, 4)
    .map((group) =>
      group
        .slice(0, 4)
        .toLowerCase()
        .replace(/^0+(?=.)/, ""),
    )
    .join(":");
}
