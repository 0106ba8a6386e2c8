import { type GatewayFrame, type HaveEntry, LIMITS } from "@earshot/protocol";
import type { CommandFrame } from "./session-surroundings.ts";

/** What a request costs beside the rows it reads: it is parsed, checked against rights, and answered. */
export const REQUEST_ROWS = 10;
/** What a frame costs that reads no page: it is held back and merged, or looks at rights alone. */
export const MARK_ROWS = 1;
/** What it costs to ask the host's `authenticate`. */
export const AUTH_ROWS = 100;
/** Watermarks that `subscribed` tells, at most. */
const SUBSCRIBED_ROWS = LIMITS.receiptMembersMax;

/** What a frame costs before anything of its answer is known, in rows. Pure. */
export function costOf(frame: CommandFrame): number {
  switch (frame.t) {
    case "inbox":
    case "fetch":
      return REQUEST_ROWS;
    case "subscribe":
      return REQUEST_ROWS + (frame.users?.length ?? SUBSCRIBED_ROWS);
    case "unsubscribe":
    case "read":
    case "unread":
    case "typing":
      return MARK_ROWS;
  }
}

/** The same of cursors: rights and head of each, and what a subscription reads. Pages are charged by what they hold. Pure. */
export function costOfCursors(have: readonly HaveEntry[]): number {
  const subscriptions = have.filter(([, , , subscribes]) => subscribes === true).length;
  return REQUEST_ROWS + have.length + subscriptions * SUBSCRIBED_ROWS;
}

/** Rows that an answer holds. Pure. */
export function rowsIn(answer: GatewayFrame): number {
  switch (answer.t) {
    case "events":
      return "events" in answer ? (answer.events?.length ?? 0) : 0;
    case "inbox":
      return answer.conversations.length;
    default:
      return 0;
  }
}
