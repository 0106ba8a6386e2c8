import type { NodeId } from "@earshot/protocol";

interface Lease {
  readonly node: NodeId;
  /** By the clock that the caller tells the time with. */
  readonly until: number;
}

/** Names, each held by one node at a time. */
export class MemoryLeases {
  readonly #held = new Map<string, Lease>();

  /** As `MessageStore.lease`; `now` in ms. */
  claim(name: string, node: NodeId, ttlMs: number, now: number): boolean {
    const lease = this.#held.get(name);
    if (lease !== undefined && lease.node !== node && lease.until > now) return false;
    if (ttlMs > 0) this.#held.set(name, { node, until: now + ttlMs });
    else this.#held.delete(name);
    return ttlMs > 0;
  }

  clear(): void {
    this.#held.clear();
  }
}
