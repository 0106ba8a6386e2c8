import type { ConversationRow, Message, WindowItem } from "@earshot/client";
import { itemsAbove } from "../messages/item-at.ts";
import type { Unread } from "../messages/message-list.ts";

/** How far back the last own message is looked for. */
const LOOK_BACK = 200;

/** The last own message that can be edited. */
export function lastOwn(items: readonly WindowItem[]): Message | null {
  const own = items
    .slice(-LOOK_BACK)
    .findLast((item) => item.kind === "message" && item.own && item.seq !== null && item.deleted !== true);
  return own?.kind === "message" ? own : null;
}

/** The seq of the last change of members above this one; 0: none. */
export function membersChangedAt(items: readonly WindowItem[], above: number): number {
  const changed = itemsAbove(items, above).findLast((item) => item.kind === "notice" && item.type === "member");
  return changed?.seq ?? 0;
}

/** What is unread of a conversation that is opened now; null: not known. */
export function unreadOf(row: ConversationRow | undefined): Unread | null {
  return row === undefined ? null : { from: row.unread > 0 ? row.read + 1 : null, count: row.unread };
}
