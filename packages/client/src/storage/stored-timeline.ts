import type { ConversationId, EventRow } from "@earshot/protocol";
import { defined } from "../defined.ts";
import type { WindowItem } from "../message.ts";
import type { StoredTimeline } from "../ports/stored.ts";
import type { ShownTimeline } from "../storage-room.ts";

/** Rows of the newest part that are worth keeping over a reload. */
const STORED_ROWS_MAX = 200;

/** The newest rows of a timeline as of its cursor; null where nothing was read (pure). */
export function storedTimeline(c: ConversationId, { cursor, newest }: ShownTimeline): StoredTimeline | null {
  if (cursor === null || newest === null) return null;
  const items = newest.items.slice(-STORED_ROWS_MAX);
  const cut = items.length < newest.items.length;
  const floor = cut ? (items[0]?.seq ?? newest.from) : newest.from;
  const hasOlder = cut || newest.hasOlder;
  return { c, epoch: cursor.epoch, last: cursor.seq, floor, hasOlder, rows: items.map(rowOf) };
}

/** The row that a page would carry for it, in its present state (pure). `ord` is not kept, and 0. */
function rowOf(item: WindowItem): EventRow {
  const { seq, from, at, body } = item;
  const row = { seq: seq ?? 0, ord: 0, from, at, body };
  if (item.kind === "notice") return { ...row, type: item.type };
  const { id, re, mentions, edited, deleted, replies } = item;
  const reactions = item.reactions.map(({ key, count, mine }) => [key, count, mine] as const);
  return { ...row, type: "message", id, ...defined({ re, mentions, edited, deleted }), reactions, replies };
}
