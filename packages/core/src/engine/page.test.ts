import { type EventRow, isVoidRow } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Span } from "../ports/message-store.ts";
import { type Page, readAfter, readBefore, stretches } from "./page.ts";

const HEAD_MAX = 40;

/** Spans as a store gives them: ascending, disjoint, the last one perhaps open. */
const spansOf: fc.Arbitrary<readonly Span[]> = fc
  .tuple(fc.uniqueArray(fc.integer({ min: 1, max: HEAD_MAX }), { maxLength: 8 }), fc.boolean())
  .map(([cuts, open]) => {
    const sorted = [...cuts].sort((a, b) => a - b);
    const spans: Span[] = [];
    for (let at = 0; at < sorted.length; at += 2) {
      const from = sorted[at] ?? 1;
      const to = sorted[at + 1];
      if (to !== undefined) spans.push([from, to]);
      else if (open) spans.push([from, null]);
    }
    return spans;
  });

const visible = (spans: readonly Span[], seq: number): boolean =>
  spans.some(([from, to]) => seq >= from && seq <= (to ?? seq));

const rowOf = (seq: number): EventRow => ({
  seq,
  ord: seq,
  type: "message",
  id: `m${seq}`,
  from: "alice",
  at: 0,
  body: { text: "x".repeat(seq) },
});

/** A log of `head` entries, as a store pages it. */
function logOf(head: number, epoch = "e1") {
  return {
    range: async (query: {
      after: number;
      before?: number;
      from: "oldest" | "newest";
      rows: number;
      bytes: number;
    }) => {
      const all: EventRow[] = [];
      for (let seq = query.after + 1; seq < Math.min(query.before ?? head + 1, head + 1); seq++) all.push(rowOf(seq));
      if (query.from === "newest") all.reverse();
      const rows: EventRow[] = [];
      let bytes = 0;
      for (const row of all.slice(0, query.rows)) {
        bytes += JSON.stringify(row).length;
        if (bytes > query.bytes && rows.length > 0) break;
        rows.push(row);
      }
      if (query.from === "newest") rows.reverse();
      return { epoch, head, ord: head, rows };
    },
  };
}

/** Seqs that a page's rows and voids stand for, in its order; throws where one is a row that may not be seen, or is not. */
function covered({ events }: Page, spans: readonly Span[]): readonly number[] {
  return events.flatMap((row) => {
    if (isVoidRow(row)) {
      const seqs = Array.from({ length: row.to - row.seq + 1 }, (_, index) => row.seq + index);
      if (seqs.length === 0 || seqs.some((seq) => visible(spans, seq))) throw new Error("a void over what may be seen");
      return seqs;
    }
    if (!visible(spans, row.seq)) throw new Error("a row that may not be seen");
    return [row.seq];
  });
}

const seqs = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

describe("stretches", () => {
  it("I16: cover from…to without a gap or an overlap, and know what may be seen", () => {
    fc.assert(
      fc.property(spansOf, fc.integer({ min: 1, max: HEAD_MAX }), fc.nat(HEAD_MAX), (spans, from, to) => {
        const cut = stretches(spans, from, to);
        expect(cut.flatMap((stretch) => seqs(stretch.from, stretch.to))).toEqual(seqs(from, to));
        for (const stretch of cut) {
          for (const seq of seqs(stretch.from, stretch.to)) expect(visible(spans, seq)).toBe(stretch.visible);
        }
      }),
    );
  });

  it("S18: are one stretch where nothing may be seen", () => {
    expect(stretches([], 3, 9)).toEqual([{ from: 3, to: 9, visible: false }]);
    expect(stretches([[20, null]], 3, 9)).toEqual([{ from: 3, to: 9, visible: false }]);
  });
});

const bounds = fc.record({ rows: fc.integer({ min: 1, max: 12 }), bytes: fc.constantFrom(1, 300, 1_000, 100_000) });

describe("readAfter", () => {
  it("I16, S14: rows and voids cover from…to without a gap, and pages join up to the head", async () => {
    await fc.assert(
      fc.asyncProperty(spansOf, fc.nat(HEAD_MAX), fc.nat(HEAD_MAX + 5), bounds, async (spans, head, after, given) => {
        const access = { spans, epoch: "e1", head };
        let last = after;
        for (let pages = 0; ; pages++) {
          const page = await readAfter(logOf(head), "c1", access, last, given);
          if (page === null) throw new Error("no page");
          expect(page).toMatchObject({ epoch: "e1", head, from: last + 1, more: page.to < head });
          expect(covered(page, spans)).toEqual(seqs(page.from, page.to));
          expect(page.events.length).toBeLessThanOrEqual(given.rows);
          if (!page.more) break;
          expect(page.to).toBeGreaterThan(last);
          last = page.to;
          expect(pages).toBeLessThan(HEAD_MAX + 1);
        }
        expect(last).toBeLessThanOrEqual(Math.max(head, after));
      }),
    );
  });

  it("is empty at the head, with to one below from", async () => {
    const page = await readAfter(logOf(5), "c1", { spans: [[1, null]], epoch: "e1", head: 5 }, 5, {
      rows: 9,
      bytes: 1e6,
    });
    expect(page).toEqual({ epoch: "e1", head: 5, from: 6, to: 5, events: [], more: false });
  });

  it("keeps to its head although the log has grown since", async () => {
    const page = await readAfter(logOf(9), "c1", { spans: [[1, null]], epoch: "e1", head: 5 }, 3, {
      rows: 9,
      bytes: 1e6,
    });
    expect(page).toMatchObject({ head: 5, from: 4, to: 5, more: false });
  });

  it("is null when the log is another one by now, or none", async () => {
    const access = { spans: [[1, null]] as const, epoch: "e1", head: 5 };
    expect(await readAfter(logOf(9, "e2"), "c1", access, 0, { rows: 9, bytes: 1e6 })).toBe(null);
    expect(await readAfter({ range: async () => null }, "c1", access, 0, { rows: 9, bytes: 1e6 })).toBe(null);
  });
});

describe("readBefore", () => {
  it("I16, S14: rows and voids cover from…to without a gap, and pages join down to 1", async () => {
    await fc.assert(
      fc.asyncProperty(spansOf, fc.nat(HEAD_MAX), fc.nat(HEAD_MAX + 5), bounds, async (spans, head, start, given) => {
        const access = { spans, epoch: "e1", head };
        let before = start;
        for (let pages = 0; ; pages++) {
          const page = await readBefore(logOf(head), "c1", access, before, given);
          if (page === null) throw new Error("no page");
          expect(page).toMatchObject({
            epoch: "e1",
            head,
            to: Math.max(0, Math.min(before - 1, head)),
            more: page.from > 1,
          });
          expect(page.from).toBeGreaterThanOrEqual(1);
          expect(covered(page, spans)).toEqual(seqs(page.from, page.to));
          expect(page.events.length).toBeLessThanOrEqual(given.rows);
          if (!page.more) break;
          expect(page.from).toBeLessThan(before);
          before = page.from;
          expect(pages).toBeLessThan(HEAD_MAX + 1);
        }
      }),
    );
  });
});
