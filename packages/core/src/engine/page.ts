import { type ConversationId, type Epoch, type EventRow, type PageRow, utf8Bytes } from "@earshot/protocol";
import type { Access, MessageStore, Span } from "../ports/message-store.ts";

/** A page as it leaves: rows oldest first, covering `from`…`to`. */
export interface Page {
  readonly epoch: Epoch;
  readonly head: number;
  readonly from: number;
  readonly to: number;
  readonly events: readonly PageRow[];
  readonly more: boolean;
}

export interface PageBounds {
  readonly rows: number;
  readonly bytes: number;
}

/** A stretch of seqs that the reader may have, or may not. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly visible: boolean;
}

/** Cuts `from`…`to` into what a member may have and what not, ascending. Pure. */
export function stretches(spans: readonly Span[], from: number, to: number): readonly Stretch[] {
  const cut: Stretch[] = [];
  let next = from;
  for (const [start, end] of spans) {
    const first = Math.max(start, next);
    const last = Math.min(end ?? to, to);
    if (first > last) continue;
    if (first > next) cut.push({ from: next, to: first - 1, visible: false });
    cut.push({ from: first, to: last, visible: true });
    next = last + 1;
  }
  if (next <= to) cut.push({ from: next, to, visible: false });
  return cut;
}

type Store = Pick<MessageStore, "range">;
type Log = Pick<Access, "spans" | "epoch" | "head">;

/** The log above `after`, oldest first; null if it is no more. What the reader cannot have is one `void` row a stretch. */
export async function readAfter(
  store: Store,
  c: ConversationId,
  { epoch, head, spans }: Log,
  after: number,
  bounds: PageBounds,
): Promise<Page | null> {
  const read = await readStretches(store, { c, epoch, from: "oldest" }, stretches(spans, after + 1, head), bounds);
  if (read === null) return null;
  const to = read.reached ?? after;
  return { epoch, head, from: after + 1, to, events: read.events, more: to < head };
}

/** The log below `before`, its newest rows, oldest first; null if it is no more. */
export async function readBefore(
  store: Store,
  c: ConversationId,
  { epoch, head, spans }: Log,
  before: number,
  bounds: PageBounds,
): Promise<Page | null> {
  const to = Math.max(0, Math.min(before - 1, head));
  const cut = stretches(spans, 1, to).toReversed();
  const read = await readStretches(store, { c, epoch, from: "newest" }, cut, bounds);
  if (read === null) return null;
  const from = read.reached ?? to + 1;
  return { epoch, head, from, to, events: read.events, more: from > 1 };
}

/** Reads stretch by stretch, as far as the bounds reach. Rows come oldest first either way; `reached`: the last seq covered, null if none. */
async function readStretches(
  store: Store,
  { c, epoch, from }: { readonly c: ConversationId; readonly epoch: Epoch; readonly from: "oldest" | "newest" },
  cut: readonly Stretch[],
  bounds: PageBounds,
): Promise<{ readonly events: readonly PageRow[]; readonly reached: number | null } | null> {
  const parts: (readonly PageRow[])[] = [];
  let { rows, bytes } = bounds;
  let reached: number | null = null;
  for (const { from: first, to: last, visible } of cut) {
    if (rows <= 0 || bytes <= 0) break;
    const end = from === "oldest" ? last : first;
    if (!visible) {
      parts.push([{ type: "void", seq: first, to: last }]);
      rows--;
      reached = end;
      continue;
    }
    const page = await store.range({ conversation: c, after: first - 1, before: last + 1, from, rows, bytes });
    if (page === null || page.epoch !== epoch) return null;
    parts.push(page.rows);
    reached = page.rows.at(from === "oldest" ? -1 : 0)?.seq ?? reached;
    if (reached !== end) break;
    rows -= page.rows.length;
    bytes -= bytesOf(page.rows);
  }
  if (from === "newest") parts.reverse();
  return { events: parts.flat(), reached };
}

function bytesOf(rows: readonly EventRow[]): number {
  return utf8Bytes(JSON.stringify(rows));
}
