import type { MessageId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";

/** What becomes of a send that arrives. */
export type Admission =
  /** Append it; `turn` is its place among those that were, the same each time. */
  | { readonly kind: "append"; readonly turn: number }
  /** An earlier one has to be answered first: tell whether it is stored already, else `blocked`. */
  | { readonly kind: "blocked"; readonly retryAfterMs: number }
  /** The refused one is being tried again: decide when that is answered. */
  | { readonly kind: "hold" };

/**
 * The order of one session's sends to one conversation (I11). A send that was refused with `retry`
 * blocks those behind it until its id is sent again and answered without `retry`, or is given up; those
 * before it, refused with one that blocked them all and was given up, may pass it. Pure.
 */
export class SendLane {
  #turns = 0;
  #blocker: { readonly id: MessageId; readonly turn: number; readonly retryAfterMs: number } | null = null;
  /** Whether the blocker is being tried again. */
  #trying = false;
  /** The wait with which one of those under way is refused that has not been told yet; null: none is. */
  #shutMs: number | null = null;
  /** Sends that were let through and are not answered. */
  #underWay = 0;
  /** What was appended and refused with `retry`, and in which turn. */
  #refused: Map<MessageId, number> | null = null;

  /** Whether nothing is remembered, so that the lane can be forgotten. */
  get clear(): boolean {
    return this.#blocker === null;
  }

  admit(id: MessageId): Admission {
    const before = this.#refused?.get(id);
    if (this.#trying) return { kind: "hold" };
    if (this.#shutMs !== null) {
      const retryAfterMs = this.#shutMs;
      // Unless the one that is refused stands before it and blocks them both, it is the first that has to come again.
      if (this.#blocker === null) this.#block(id, before ?? ++this.#turns, retryAfterMs);
      return { kind: "blocked", retryAfterMs };
    }
    if (this.#blocker === null) return this.#append(before ?? ++this.#turns);
    if (this.#blocker.id === id) {
      this.#trying = true;
      return this.#append(this.#blocker.turn);
    }
    if (before !== undefined && before < this.#blocker.turn) return this.#append(before);
    return { kind: "blocked", retryAfterMs: this.#blocker.retryAfterMs };
  }

  /** One of those under way is refused with `retry`; which one is told in a moment. What comes now stands behind it. */
  shut(retryAfterMs: number): void {
    this.#shutMs = retryAfterMs;
  }

  /**
   * One that was let through is answered; with what is said next. Where the refused one blocks nobody, those that were
   * refused behind it may: until all of them are told nothing passes.
   */
  landed(): void {
    if (--this.#underWay === 0) this.#shutMs = null;
  }

  /**
   * `id`, appended in `turn`, was refused with `retry`. The earliest so refused blocks the lane, also
   * when a later one was told first: that one was over a rate while the earlier one was with the store.
   */
  refused(id: MessageId, turn: number, retryAfterMs: number): void {
    this.#shutMs = null;
    this.#block(id, turn, retryAfterMs);
  }

  /** `id` was answered without `retry`, or given up. Whether the lane opened by it. */
  settled(id: MessageId): boolean {
    this.#refused?.delete(id);
    if (this.#blocker?.id !== id) return false;
    this.#blocker = null;
    this.#trying = false;
    return true;
  }

  #append(turn: number): Admission {
    this.#underWay++;
    return { kind: "append", turn };
  }

  #block(id: MessageId, turn: number, retryAfterMs: number): void {
    const blocker = this.#blocker;
    this.#remember(id, turn);
    if (blocker !== null && blocker.id !== id && blocker.turn < turn) return;
    this.#blocker = { id, turn, retryAfterMs };
    this.#trying = false;
  }

  #remember(id: MessageId, turn: number): void {
    this.#refused ??= new Map();
    this.#refused.set(id, turn);
    if (this.#refused.size <= FIXED_LIMITS.refusedIdsMax) return;
    const [oldest] = this.#refused.keys();
    if (oldest !== undefined) this.#refused.delete(oldest);
  }
}
