import type { MessageId } from "@earshot/protocol";

/** What becomes of a send that arrives. */
export type Admission =
  /** Append it; `turn` is its place among those that were, the same each time. */
  | { readonly kind: "append"; readonly turn: number }
  /** An earlier one has to be answered first: tell whether it is stored already, else `blocked`. */
  | { readonly kind: "blocked"; readonly retryAfterMs: number }
  /** The refused one is being tried again: decide when that is answered. */
  | { readonly kind: "hold" };

/** Refused ids remembered, the earliest given up first: more than a session has in flight. */
const REFUSED_IDS_MAX = 1_000;

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
  /** The wait with which one is refused that has not been told yet; null: none is. */
  #shutMs: number | null = null;
  /** What was appended and refused with `retry`, and in which turn. */
  #refused: Map<MessageId, number> | null = null;

  /** Whether nothing is remembered, so that the lane can be forgotten. */
  get clear(): boolean {
    return this.#blocker === null;
  }

  admit(id: MessageId): Admission {
    const before = this.#refused?.get(id);
    if (this.#blocker === null) {
      const shut = before === undefined ? this.#shutMs : null;
      return shut === null
        ? { kind: "append", turn: before ?? ++this.#turns }
        : { kind: "blocked", retryAfterMs: shut };
    }
    if (this.#trying) return { kind: "hold" };
    if (this.#blocker.id === id) {
      this.#trying = true;
      return { kind: "append", turn: this.#blocker.turn };
    }
    if (before !== undefined && before < this.#blocker.turn) return { kind: "append", turn: before };
    return { kind: "blocked", retryAfterMs: this.#blocker.retryAfterMs };
  }

  /** One of those that were appended is refused with `retry`; which one is told in a moment. What comes now stands behind it. */
  shut(retryAfterMs: number): void {
    this.#shutMs = retryAfterMs;
  }

  /**
   * `id`, appended in `turn`, was refused with `retry`. The earliest so refused blocks the lane, also
   * when a later one was told first: that one was over a rate while the earlier one was with the store.
   */
  refused(id: MessageId, turn: number, retryAfterMs: number): void {
    const blocker = this.#blocker;
    this.#shutMs = null;
    this.#remember(id, turn);
    if (blocker !== null && blocker.id !== id && blocker.turn < turn) return;
    this.#blocker = { id, turn, retryAfterMs };
    this.#trying = false;
  }

  /** `id` was given up before it was refused, or is stored: it blocks nobody. */
  passedOver(id: MessageId): void {
    this.#shutMs = null;
    this.settled(id);
  }

  /** `id` was answered without `retry`, or given up. Whether the lane opened by it. */
  settled(id: MessageId): boolean {
    this.#refused?.delete(id);
    if (this.#blocker?.id !== id) return false;
    this.#blocker = null;
    this.#trying = false;
    return true;
  }

  #remember(id: MessageId, turn: number): void {
    this.#refused ??= new Map();
    this.#refused.set(id, turn);
    if (this.#refused.size <= REFUSED_IDS_MAX) return;
    const [oldest] = this.#refused.keys();
    if (oldest !== undefined) this.#refused.delete(oldest);
  }
}
