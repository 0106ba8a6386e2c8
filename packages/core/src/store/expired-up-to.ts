import type { Expired } from "../ports/message-store.ts";
import type { MemoryLog } from "./memory-log.ts";

/** How far a rule takes a log's beginning away, in one step of at most `rows` events. Pure. */
export function expiredUpTo(
  log: Pick<MemoryLog, "first" | "head" | "ord" | "row" | "messageFromEnd">,
  { before = Number.NEGATIVE_INFINITY, messages }: { readonly before?: number; readonly messages?: number },
  rows: number,
): Expired {
  const { first, head, ord } = log;
  const byCount = (messages === undefined || ord <= messages ? undefined : log.messageFromEnd(messages)) ?? first;
  // One more than the step may take: whether more is left.
  const farthest = Math.min(head, first + rows + 1);
  let young = first;
  while (young < farthest && (log.row(young)?.at ?? before) < before) young += 1;
  const kept = Math.max(byCount, young);
  const from = Math.min(kept, first + rows);
  return { from, more: kept > from };
}
