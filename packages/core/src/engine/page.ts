import type { ConversationId, Epoch, PageRow, UserId } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { EventPage, RangeQuery, Span } from "../ports/pages.ts";

/** A page as it leaves: rows oldest first, covering `from`…`to`. */
export interface Page {
  readonly epoch: Epoch;
  readonly head: number;
  readonly from: number;
  readonly to: number;
  readonly events: readonly PageRow[];
  readonly more: boolean;
}

/** Which page of a conversation: above `after`, below `before`, around a seq; none of them: the newest. */
export interface PageRequest {
  readonly c: ConversationId;
  /** Absent: the host itself, which may have all. */
  readonly reader?: UserId;
  readonly after?: number;
  readonly before?: number;
  readonly around?: number;
  /** Only replies to this seq. */
  readonly re?: number;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Reads one page as its reader may have it: with `after` the log as it happened, else messages in their
 * present state. Rows, rights and head are of one snapshot. null if there is no such conversation, or it
 * is not the reader's.
 */
export async function readPage(store: Pick<MessageStore, "range">, request: PageRequest): Promise<Page | null> {
  const read = await store.range(queryOf(request));
  return read === null ? null : pageOf(request, read);
}

function queryOf({ c, reader, after, before, around, re, rows, bytes }: PageRequest): RangeQuery {
  return {
    conversation: c,
    ...(reader === undefined ? {} : { reader }),
    ...(after === undefined ? { view: "present", from: around ?? "newest" } : { view: "log", after, from: "oldest" }),
    ...(before === undefined ? {} : { before }),
    ...(re === undefined ? {} : { re }),
    rows,
    bytes,
  };
}

/** A row of a page, and the seqs it stands for. */
interface Placed {
  readonly row: PageRow;
  readonly from: number;
  readonly to: number;
}

/**
 * What was read, with a void for each stretch that the reader may not have, cut to the rows asked for.
 * A page reaches to its last row in a direction where rows are left, and to the end where none are. Pure.
 */
function pageOf(request: Omit<PageRequest, "c" | "reader">, read: EventPage): Page {
  const { after, before, around } = request;
  const { epoch, head, rows, spans } = read;
  const direction = around !== undefined ? "around" : after !== undefined ? "up" : "down";
  const bottom = (after ?? 0) + 1;
  const top = Math.max(bottom - 1, Math.min((before ?? head + 1) - 1, head));
  const older = direction !== "up" && read.older;
  const newer = direction !== "down" && read.newer;
  const lowest = older ? Math.min(rows[0]?.seq ?? bottom, voidStart(spans, around ?? head)) : bottom;
  const highest = newer ? (rows.at(-1)?.seq ?? top) : top;

  const placed: Placed[] = [];
  for (const row of rows) placed.push({ row, from: row.seq, to: row.seq });
  for (const [from, to] of voids(spans, lowest, highest)) {
    placed.push({ row: { type: "void", seq: from, to }, from, to });
  }
  placed.sort((a, b) => a.from - b.from);
  const [start, end] = cut(placed, direction === "around" ? (around ?? 0) : direction, request.rows);
  const kept = placed.slice(start, end);
  const first = kept[0];
  const last = kept.at(-1);
  const moreBelow = older || start > 0;
  const moreAbove = newer || end < placed.length;
  const more = (direction !== "up" && moreBelow) || (direction !== "down" && moreAbove);
  const events = kept.map(({ row }) => row);
  if (first === undefined || last === undefined) {
    const from = direction === "up" ? bottom : top + 1;
    return { epoch, head, from, to: from - 1, events, more };
  }
  return { epoch, head, from: moreBelow ? first.from : bottom, to: moreAbove ? last.to : top, events, more };
}

/** Stretches of `from`…`to` that are in no span, ascending. Pure. */
export function voids(spans: readonly Span[], from: number, to: number): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  let next = from;
  for (const [start, end] of spans) {
    if (start > to) break;
    if (start > next) found.push([next, start - 1]);
    next = Math.max(next, (end ?? to) + 1);
  }
  if (next <= to) found.push([next, to]);
  return found;
}

/** Where the void around `seq` begins, which stands before the first row; `seq` itself if it is in a span. Pure. */
function voidStart(spans: readonly Span[], seq: number): number {
  let start = 1;
  for (const [from, to] of spans) {
    if (from > seq) break;
    if (to === null || to >= seq) return seq;
    start = to + 1;
  }
  return start;
}

/** Which of the rows a page keeps: the first, the last, or half of them below a seq; what one side lacks the other gets. */
function cut(placed: readonly Placed[], towards: "up" | "down" | number, rows: number): readonly [number, number] {
  const count = placed.length;
  if (count <= rows || towards === "up") return [0, Math.min(count, rows)];
  if (towards === "down") return [count - rows, count];
  const at = placed.findIndex(({ to }) => to >= towards);
  const below = at < 0 ? count : at;
  const start = Math.max(0, Math.min(below - Math.floor(rows / 2), count - rows));
  return [start, start + rows];
}
