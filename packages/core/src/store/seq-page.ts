import { type EventRow, utf8Bytes } from "@earshot/protocol";
import type { EventPage, RangeQuery, Span } from "../ports/pages.ts";
import { firstIndex } from "./first-index.ts";

/** Ascending seqs of what a query may give: an index of the log. */
export interface Seqs {
  readonly length: number;
  at(index: number): number | undefined;
}

/** One side of a page, from where it starts away from it. */
interface Side {
  readonly seqs: readonly number[];
  readonly rows: EventRow[];
  ended: boolean;
}

/**
 * The rows of a query within `spans`: up from the oldest, down from the newest, or both ways from a seq.
 * Reads no more of `seqs` than the page has rows.
 */
export function seqPage(
  seqs: Seqs,
  spans: readonly Span[],
  query: Pick<RangeQuery, "after" | "before" | "from" | "rows" | "bytes">,
  rowOf: (seq: number) => EventRow,
): Pick<EventPage, "rows" | "older" | "newer"> {
  const low = (query.after ?? 0) + 1;
  const high = (query.before ?? Number.POSITIVE_INFINITY) - 1;
  const start = query.from === "oldest" ? low : query.from === "newest" ? high + 1 : query.from;
  // One more than the page may have: whether rows are left.
  const below = take(downwards(seqs, spans, low, Math.min(high, start - 1)), query.rows + 1);
  const above = take(upwards(seqs, spans, Math.max(low, start), high), query.rows + 1);
  const lower = Math.min(below.length, Math.max(Math.floor(query.rows / 2), query.rows - above.length));
  const up: Side = { seqs: above.slice(0, query.rows - lower), rows: [], ended: false };
  const down: Side = { seqs: below.slice(0, lower), rows: [], ended: false };
  fill([up, down], query.bytes, rowOf);
  return {
    rows: [...down.rows.reverse(), ...up.rows],
    older: down.rows.length < below.length,
    newer: up.rows.length < above.length,
  };
}

/** Row by row in turns, so that neither side takes the other's bytes. */
function fill(sides: readonly Side[], bytesMax: number, rowOf: (seq: number) => EventRow): void {
  let bytes = 0;
  let taken = 0;
  while (sides.some(({ ended }) => !ended)) {
    for (const side of sides) {
      const seq = side.ended ? undefined : side.seqs[side.rows.length];
      if (seq === undefined) {
        side.ended = true;
        continue;
      }
      const row = rowOf(seq);
      const size = utf8Bytes(JSON.stringify(row));
      if (taken > 0 && bytes + size > bytesMax) {
        side.ended = true;
        continue;
      }
      bytes += size;
      taken += 1;
      side.rows.push(row);
    }
  }
}

function* upwards(seqs: Seqs, spans: readonly Span[], low: number, high: number): Iterable<number> {
  for (const [from, to] of spans) {
    const end = Math.min(to ?? high, high);
    for (let at = indexOf(seqs, Math.max(from, low)); ; at++) {
      const seq = seqs.at(at);
      if (seq === undefined || seq > end) break;
      yield seq;
    }
  }
}

function* downwards(seqs: Seqs, spans: readonly Span[], low: number, high: number): Iterable<number> {
  for (const [from, to] of spans.toReversed()) {
    const end = Math.max(from, low);
    for (let at = indexOf(seqs, Math.min(to ?? high, high) + 1) - 1; at >= 0; at--) {
      const seq = seqs.at(at);
      if (seq === undefined || seq < end) break;
      yield seq;
    }
  }
}

/** Of the first seq that is not below `seq`. */
function indexOf(seqs: Seqs, seq: number): number {
  return firstIndex(seqs.length, (index) => (seqs.at(index) ?? 0) >= seq);
}

function take(seqs: Iterable<number>, count: number): readonly number[] {
  const taken: number[] = [];
  for (const seq of seqs) {
    if (taken.length >= count) break;
    taken.push(seq);
  }
  return taken;
}
