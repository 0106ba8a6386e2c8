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

/** The log above `after`, oldest first; null if it is no more. What the reader cannot have is one `void` row a stretch. */
export async function readAfter(
  store: Store,
  c: ConversationId,
  access: Pick<Access, "spans" | "epoch" | "head">,
  after: number,
  bounds: PageBounds,
): Promise<Page | null> {
  const { epoch, head, spans } = access;
  const events: PageRow[] = [];
  let to = after;
  let bytes = bounds.bytes;
  for (const stretch of stretches(spans, after + 1, head)) {
    if (events.length >= bounds.rows) break;
    if (!stretch.visible) {
      events.push({ type: "void", seq: stretch.from, to: stretch.to });
      to = stretch.to;
      continue;
    }
    const rows = bounds.rows - events.length;
    const page = await store.range({
      conversation: c,
      after: stretch.from - 1,
      before: stretch.to + 1,
      from: "oldest",
      rows,
      bytes,
    });
    if (page === null || page.epoch !== epoch) return null;
    events.push(...page.rows);
    to = page.rows.at(-1)?.seq ?? to;
    if (to < stretch.to) break;
    bytes -= bytesOf(page.rows);
    if (bytes <= 0) break;
  }
  return { epoch, head, from: after + 1, to, events, more: to < head };
}

/** The log below `before`, its newest rows, oldest first; null if it is no more. */
export async function readBefore(
  store: Store,
  c: ConversationId,
  access: Pick<Access, "spans" | "epoch" | "head">,
  before: number,
  bounds: PageBounds,
): Promise<Page | null> {
  const { epoch, head, spans } = access;
  const to = Math.max(0, Math.min(before - 1, head));
  const events: PageRow[] = [];
  let from = to + 1;
  let bytes = bounds.bytes;
  for (const stretch of stretches(spans, 1, to).toReversed()) {
    if (events.length >= bounds.rows) break;
    if (!stretch.visible) {
      events.unshift({ type: "void", seq: stretch.from, to: stretch.to });
      from = stretch.from;
      continue;
    }
    const rows = bounds.rows - events.length;
    const page = await store.range({
      conversation: c,
      after: stretch.from - 1,
      before: stretch.to + 1,
      from: "newest",
      rows,
      bytes,
    });
    if (page === null || page.epoch !== epoch) return null;
    events.unshift(...page.rows);
    from = page.rows[0]?.seq ?? from;
    if (from > stretch.from) break;
    bytes -= bytesOf(page.rows);
    if (bytes <= 0) break;
  }
  return { epoch, head, from, to, events, more: from > 1 };
}

function bytesOf(rows: readonly EventRow[]): number {
  return utf8Bytes(JSON.stringify(rows));
}
