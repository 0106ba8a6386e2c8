import type { ConversationId } from "@earshot/protocol";
import { WakeUp } from "./wake-up.ts";

/** One who waits for what happens in a conversation. */
export class Waiter extends WakeUp {
  ended = false;

  end(): void {
    this.ended = true;
    this.wake();
  }
}

/** Who in this process waits for what happens in which conversation. */
export class Waiters {
  readonly #of = new Map<ConversationId, Set<Waiter>>();
  #closed = false;

  /** Conversations that somebody waits in. */
  get size(): number {
    return this.#of.size;
  }

  /** From now on it is woken; at once ended where the engine is closed. */
  add(c: ConversationId, waiter: Waiter): void {
    if (this.#closed) {
      waiter.end();
      return;
    }
    const all = this.#of.get(c) ?? new Set();
    this.#of.set(c, all.add(waiter));
  }

  remove(c: ConversationId, waiter: Waiter): void {
    const all = this.#of.get(c);
    if (all?.delete(waiter) && all.size === 0) this.#of.delete(c);
  }

  /** Something happened there. */
  wake(c: ConversationId): void {
    for (const waiter of this.#of.get(c) ?? []) waiter.wake();
  }

  close(): void {
    this.#closed = true;
    for (const all of this.#of.values()) for (const waiter of all) waiter.end();
  }
}
