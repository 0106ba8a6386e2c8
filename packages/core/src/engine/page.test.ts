import { type EventRow, isVoidRow } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventPage, RangeQuery, Span } from "../ports/pages.ts";
import { type Page, type PageRequest, readPage, voids } from "./page.ts";

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

const seqs = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

/** Every third event is none of a present-state page. */
const isMessage = (seq: number): boolean => seq % 3 !== 0;

const rowOf = (seq: number): EventRow => ({
  seq,
  ord: seq,
  type: isMessage(seq) ? "message" : "x-note",
  id: `m${seq}`,
  from: "alice",
  at: 0,
  body: { text: "x".repeat(seq) },
});

/** The longest beginning that fits; at least one row. */
function fitting(rows: readonly EventRow[], { rows: count, bytes }: RangeQuery): readonly EventRow[] {
  let left = bytes;
  return rows.slice(0, count).filter((row, index) => {
    left -= left < 0 ? 0 : JSON.stringify(row).length;
    return left >= 0 || index === 0;
  });
}

/** A log of `head` events of which a reader may have `spans`, as the port says a store pages it. */
function logOf(head: number, spans: readonly Span[]) {
  const range = async (query: RangeQuery): Promise<EventPage> => {
    const { after = 0, before = head + 1, from, view } = query;
    const all = seqs(after + 1, Math.min(before - 1, head))
      .filter((seq) => visible(spans, seq) && (view === "log" || isMessage(seq)))
      .map(rowOf);
    const below = typeof from === "number" ? all.filter(({ seq }) => seq < from) : from === "oldest" ? [] : all;
    const above = all.slice(below.length);
    const low = from === "newest" ? query.rows : Math.max(Math.floor(query.rows / 2), query.rows - above.length);
    const down = fitting(below.toReversed(), query).slice(0, low).toReversed();
    const up = fitting(above, query).slice(0, query.rows - down.length);
    const rows = [...down, ...up];
    const [first, last] = [rows[0], rows.at(-1)];
    return {
      epoch: "e1",
      head,
      ord: head,
      rows,
      older: all.length > 0 && first !== undefined && first.seq > (all[0]?.seq ?? 0),
      newer: all.length > 0 && last !== undefined && last.seq < (all.at(-1)?.seq ?? 0),
      spans,
    };
  };
  const bounds = { c: "c1", reader: "bob", rows: 200, bytes: 1e6 };
  return async (request: Partial<PageRequest>): Promise<Page> => {
    const page = await readPage({ range }, { ...bounds, ...request });
    if (page === null) throw new Error("no page");
    return page;
  };
}

/** Seqs that a page's rows and voids stand for, in its order; throws where one is a row that may not be seen, or a void over one that may. */
function covered({ events }: Page, spans: readonly Span[]): readonly number[] {
  return events.flatMap((row) => {
    if (isVoidRow(row)) {
      const empty = seqs(row.seq, row.to);
      if (empty.length === 0 || empty.some((seq) => visible(spans, seq)))
        throw new Error("a void over what may be seen");
      return empty;
    }
    if (!visible(spans, row.seq)) throw new Error("a row that may not be seen");
    return [row.seq];
  });
}

/** What a present-state page of from…to has to hold: messages that may be seen, and all that may not. */
const presentOf = (spans: readonly Span[], from: number, to: number) =>
  seqs(from, to).filter((seq) => !visible(spans, seq) || isMessage(seq));

const bounds = fc.record({ rows: fc.integer({ min: 1, max: 12 }), bytes: fc.constantFrom(1, 300, 1_000, 100_000) });

describe("voids", () => {
  it("I17, S18: are exactly what is in no span", () => {
    fc.assert(
      fc.property(spansOf, fc.integer({ min: 1, max: HEAD_MAX }), fc.nat(HEAD_MAX), (spans, from, to) => {
        const found = voids(spans, from, to).flatMap(([first, last]) => seqs(first, last));
        expect(found).toEqual(seqs(from, to).filter((seq) => !visible(spans, seq)));
      }),
    );
    expect(voids([], 3, 9)).toEqual([[3, 9]]);
  });
});

describe("a page of the log", () => {
  it("I16, I17: rows and voids cover from…to without a gap, and pages join up to the head", async () => {
    await fc.assert(
      fc.asyncProperty(spansOf, fc.nat(HEAD_MAX), fc.nat(HEAD_MAX + 5), bounds, async (spans, head, after, given) => {
        const read = logOf(head, spans);
        let last = after;
        for (let pages = 0; ; pages++) {
          const page = await read({ after: last, ...given });
          expect(page).toMatchObject({ epoch: "e1", head, from: last + 1, more: page.to < head });
          expect(covered(page, spans)).toEqual(seqs(page.from, page.to));
          expect(page.events.length).toBeLessThanOrEqual(given.rows);
          if (!page.more) break;
          expect(page.to).toBeGreaterThan(last);
          last = page.to;
          expect(pages).toBeLessThan(HEAD_MAX + 1);
        }
      }),
    );
  });

  it("is empty at the head, and beyond it: to is one below from", async () => {
    const read = logOf(5, [[1, null]]);
    expect(await read({ after: 5 })).toEqual({ epoch: "e1", head: 5, from: 6, to: 5, events: [], more: false });
    expect(await read({ after: 9 })).toMatchObject({ from: 10, to: 9, events: [], more: false });
  });

  it("is null where the store knows none", async () => {
    const request = { c: "c1", reader: "bob", after: 0, rows: 9, bytes: 9 };
    expect(await readPage({ range: async () => null }, request)).toBe(null);
  });
});

describe("a page of the present state", () => {
  it("I17: holds messages and voids alone, and pages join down to 1", async () => {
    await fc.assert(
      fc.asyncProperty(spansOf, fc.nat(HEAD_MAX), fc.nat(HEAD_MAX + 5), bounds, async (spans, head, start, given) => {
        const read = logOf(head, spans);
        let before = start;
        for (let pages = 0; ; pages++) {
          const page = await read({ before, ...given });
          expect(page).toMatchObject({ epoch: "e1", head, to: Math.max(0, Math.min(before - 1, head)) });
          expect(covered(page, spans)).toEqual(presentOf(spans, page.from, page.to));
          expect(page.events.length).toBeLessThanOrEqual(given.rows);
          if (page.events.length === 0) expect(page.from).toBe(page.to + 1);
          else if (!page.more) expect(page.from).toBe(1);
          if (!page.more) {
            expect(presentOf(spans, 1, page.from - 1)).toEqual([]);
            break;
          }
          expect(page.from).toBeLessThan(before);
          before = page.from;
          expect(pages).toBeLessThan(HEAD_MAX + 1);
        }
      }),
    );
  });

  it("is the newest without a bound", async () => {
    const page = await logOf(9, [[1, null]])({ rows: 3 });
    expect(page).toMatchObject({ from: 5, to: 9, more: true, events: [{ seq: 5 }, { seq: 7 }, { seq: 8 }] });
  });

  it("I17: around a seq has half of its rows below it, and what one side lacks the other gets", async () => {
    const around = fc.integer({ min: 0, max: HEAD_MAX + 5 });
    const rowsMax = fc.integer({ min: 1, max: 12 });
    await fc.assert(
      fc.asyncProperty(spansOf, fc.nat(HEAD_MAX), around, rowsMax, async (spans, head, seq, rows) => {
        const page = await logOf(head, spans)({ around: seq, rows });
        expect(covered(page, spans)).toEqual(presentOf(spans, page.from, page.to));
        const all = rowsOf(await logOf(head, spans)({ around: seq, rows: 1_000 }));
        const kept = rowsOf(page);
        expect(kept).toHaveLength(Math.min(rows, all.length));
        const start = all.indexOf(kept[0] ?? "");
        expect(all.slice(Math.max(0, start), start + kept.length)).toEqual(kept);
        expect(page.more).toBe(kept.length < all.length);
        if (kept.length === 0) return;
        if (start <= 0) expect(page.from).toBe(1);
        if (start + kept.length === all.length) expect(page.to).toBe(head);
        const above = all.filter((row) => Number(row.split("-").at(-1)) >= seq).length;
        const below = all.length - above;
        const half = Math.floor(rows / 2);
        const low = Math.min(below, Math.max(half, rows - above));
        if (all.length > rows) expect(below - start).toBe(low);
      }),
    );
  });

  it("is a page all the same around 0 and beyond the head", async () => {
    const read = logOf(8, [[1, null]]);
    expect(await read({ around: 0, rows: 2 })).toMatchObject({ from: 1, to: 2, more: true });
    expect(await read({ around: 99, rows: 2 })).toMatchObject({ from: 7, to: 8, more: true });
  });

  it("I17: around a seq in a void shows the void, and what lies on both sides of it", async () => {
    const read = logOf(12, [
      [1, 4],
      [10, null],
    ]);
    const page = await read({ around: 7, rows: 3 });
    expect(page.events).toMatchObject([{ seq: 4 }, { type: "void", seq: 5, to: 9 }, { seq: 10 }]);
    expect(page).toMatchObject({ from: 4, to: 10, more: true });
  });

  it("I17: around a seq in a void shows the whole void, though no row fits beside it", async () => {
    const read = logOf(5, [
      [1, 2],
      [5, 6],
    ]);
    expect(await read({ around: 4, rows: 1 })).toMatchObject({
      from: 3,
      to: 4,
      more: true,
      events: [{ type: "void", seq: 3, to: 4 }],
    });
  });

  it("begins in a void that its bound cuts", async () => {
    const read = logOf(12, [
      [1, 4],
      [10, null],
    ]);
    expect(await read({ before: 8, rows: 2 })).toMatchObject({
      from: 4,
      to: 7,
      more: true,
      events: [{ seq: 4 }, { type: "void", seq: 5, to: 7 }],
    });
    expect(await read({ after: 6, rows: 2 })).toMatchObject({
      from: 7,
      to: 10,
      more: true,
      events: [{ type: "void", seq: 7, to: 9 }, { seq: 10 }],
    });
  });

  it("is empty below the first event: to is one below from", async () => {
    for (const before of [0, 1]) {
      expect(await logOf(5, [[1, null]])({ before })).toMatchObject({ from: 1, to: 0, events: [], more: false });
    }
  });
});

/** Each row by the seqs it stands for. */
function rowsOf({ events }: Page): readonly string[] {
  return events.map((row) => (isVoidRow(row) ? `${row.seq}-${row.to}` : `${row.seq}`));
}
