import type { MessageId } from "@earshot/protocol";

/** What becomes of a send that arrives. */
export type Admission =
  /** Append it. */
  | { readonly kind: "append" }
  /** An earlier one has to be answered first: tell whether it is stored already, else `blocked`. */
  | { readonly kind: "blocked"; readonly retryAfterMs: number }
  /** The refused one is being tried again: decide when that is answered. */
  | { readonly kind: "hold" };

/**
 * The order of one session's sends to one conversation (I11). A send that was refused with `retry`
 * blocks those behind it until its id is sent again and answered without `retry`, or is given up.
 * Pure; retry times are monotonic ms.
 */
export class SendLane {
  #blocker: MessageId | null = null;
  #retryAt = 0;
  #trying = false;

  /** Whether nothing is remembered, so that the lane can be forgotten. */
  get clear(): boolean {
    return this.#blocker === null;
  }

  admit(id: MessageId, now: number): Admission {
    if (this.#blocker === null) return { kind: "append" };
    if (this.#blocker === id && !this.#trying) {
      this.#trying = true;
      return { kind: "append" };
    }
    return this.#trying ? { kind: "hold" } : { kind: "blocked", retryAfterMs: Math.max(1, Math.ceil(this.#retryAt - now)) };
  }

  /** `id` was refused with `retry`. The first so refused blocks the lane; the others wait behind it. */
  refused(id: MessageId, retryAfterMs: number, now: number): void {
    if (this.#blocker !== null && this.#blocker !== id) return;
    this.#blocker = id;
    this.#retryAt = now + retryAfterMs;
    this.#trying = false;
  }

  /** `id` was answered without `retry`, or given up. Whether the lane opened by it. */
  settled(id: MessageId): boolean {
    if (this.#blocker !== id) return false;
    this.#blocker = null;
    this.#trying = false;
    return true;
  }
}
