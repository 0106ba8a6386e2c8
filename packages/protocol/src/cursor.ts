import type { ConversationId, Epoch } from "./ids.ts";

/** The last event a client's application has: `[conversation, epoch, seq]`. */
export type Cursor = readonly [c: ConversationId, epoch: Epoch, seq: number];

/** A cursor in `hello` or `have`; a fourth element `true` subscribes too. */
export type HaveEntry = readonly [c: ConversationId, epoch: Epoch, seq: number, subscribe?: boolean];

/** Where a cursor stands against a log: behind its head, at it, or in another life of it. */
export type CursorPosition = "behind" | "level" | "void";

/** A cursor of another epoch, or one beyond the head, names a log that is no more. */
export function cursorPosition(
  cursor: { readonly epoch: Epoch; readonly seq: number },
  log: { readonly epoch: Epoch; readonly head: number },
): CursorPosition {
  if (cursor.epoch !== log.epoch || cursor.seq > log.head) return "void";
  return cursor.seq < log.head ? "behind" : "level";
}
