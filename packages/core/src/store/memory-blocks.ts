import type { UserId } from "@earshot/protocol";

/** Who wants nothing of whom. */
export class MemoryBlocks {
  readonly #of = new Map<UserId, Set<UserId>>();

  set(user: UserId, other: UserId, blocked: boolean): void {
    const others = this.#of.get(user) ?? new Set();
    if (blocked) others.add(other);
    else others.delete(other);
    if (others.size > 0) this.#of.set(user, others);
    else this.#of.delete(user);
  }

  /** Whether one of the two has blocked the other. */
  between(one: UserId, other: UserId): boolean {
    return (this.#of.get(one)?.has(other) ?? false) || (this.#of.get(other)?.has(one) ?? false);
  }

  /** Lifts what a user has blocked, and who has blocked them. */
  forget(user: UserId): void {
    this.#of.delete(user);
    for (const other of this.#of.keys()) this.set(other, user, false);
  }

  clear(): void {
    this.#of.clear();
  }
}
