import type { UserId } from "@earshot/protocol";
import type { Live } from "./live.ts";

/** Who is typing now. Frozen. */
export interface TypingView {
  /** In the order in which they began; nobody for longer than 5 s without a new sign. Empty in large conversations, which only count. */
  readonly users: readonly UserId[];
  readonly count: number;
}

export interface Typing extends Live<TypingView> {
  /** A key was pressed: told to the others, at most every 3 s. Nothing is told while offline. */
  press(): void;
}
