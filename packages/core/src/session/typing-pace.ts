import { type ConversationId, LIMITS } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";

/** How often one session's `typing` passes in each conversation (I20). Times are monotonic ms. */
export class TypingPace {
  /** When it last passed; the longest ago first. */
  readonly #passed = new Map<ConversationId, number>();

  /** Whether one passes now. */
  take(c: ConversationId, now: number): boolean {
    for (const [known, at] of this.#passed) {
      if (now - at < LIMITS.typingApartMs) break;
      this.#passed.delete(known);
    }
    if (this.#passed.has(c) || this.#passed.size >= FIXED_LIMITS.pacedConversationsMax) return false;
    this.#passed.set(c, now);
    return true;
  }

  /** The one that passed was refused: so is the next, with a word. */
  giveBack(c: ConversationId): void {
    this.#passed.delete(c);
  }
}
