import type { ConversationId, EventRow, UserId } from "@earshot/protocol";
import { defined } from "./defined.ts";
import type { WindowItem } from "./message.ts";

/** How far every other member has it; 0 while that is not known. */
export interface Reach {
  readonly delivered: number;
  readonly read: number;
}

/** What a window shows for a row of the log; null for rows that only change others (pure). */
export function windowItem(
  row: EventRow,
  conversation: ConversationId,
  user: UserId | null,
  reach: Reach,
): WindowItem | null {
  const { seq, from, at, type, id, body = {}, re, mentions, edited, deleted, replies = 0, reactions = [] } = row;
  if (type === "meta" || type === "member") {
    return Object.freeze({ kind: "notice", key: `#${seq}`, conversation, seq, from, at, type, body });
  }
  if (type !== "message" || id === undefined) return null;
  const own = from === user;
  return Object.freeze({
    kind: "message",
    // ids are unique per sender only
    key: own ? id : `${from}/${id}`,
    id,
    conversation,
    seq,
    from,
    at,
    body,
    ...defined({ re, mentions, edited, deleted }),
    reactions: reactions.map(([key, count, mine]) => ({ key, count, mine })),
    replies,
    status: own ? statusAt(seq, reach) : "sent",
    own,
  });
}

/** An item after a receipt; the same object where that changes nothing (pure). */
export function restated(item: WindowItem, reach: Reach): WindowItem {
  if (item.kind === "notice" || !item.own) return item;
  const status = statusAt(item.seq ?? 0, reach);
  return item.status === status ? item : Object.freeze({ ...item, status });
}

/** How far every other member has an own message (pure). */
export function statusAt(seq: number, { delivered, read }: Reach): "sent" | "delivered" | "read" {
  return seq <= read ? "read" : seq <= delivered ? "delivered" : "sent";
}
