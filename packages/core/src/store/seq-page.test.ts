import type { EventRow } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { RangeQuery, Span } from "../ports/pages.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { seqPage } from "./seq-page.ts";

const row = (seq: number): EventRow => ({ seq, ord: seq, type: "message", from: "alice", at: 0 });
const WHOLE: readonly Span[] = [[1, null]];

describe("seqPage", () => {
  it("gives what filtering everything gives, for any log, stays, bounds and start", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = new SeededRandom(seed);
      const head = random.below(30);
      const seqs = Array.from({ length: head }, (_, n) => n + 1).filter(() => random.float() < 0.6);
      const spans = randomSpans(random, head);
      const from = (["oldest", "newest", random.below(head + 3)] as const)[random.below(3)] ?? "oldest";
      const query = { from, after: random.below(8), before: head - 4 + random.below(8), rows: 1 + random.below(9) };
      const may = seqs
        .filter((seq) => spans.some(([first, last]) => seq >= first && seq <= (last ?? seq)))
        .filter((seq) => seq > query.after && seq < query.before);
      const middle = from === "oldest" ? 0 : from === "newest" ? may.length : may.filter((seq) => seq < from).length;
      const below = Math.min(middle, Math.max(Math.floor(query.rows / 2), query.rows - (may.length - middle)));
      const page = seqPage(seqs, spans, { ...query, bytes: 1e9 }, row);
      const first = middle - below;
      expect(
        page.rows.map(({ seq }) => seq),
        `seed ${seed}`,
      ).toEqual(may.slice(first, first + query.rows));
      if (from !== "oldest") expect(page.older, `seed ${seed}`).toBe(first > 0);
      if (from !== "newest") expect(page.newer, `seed ${seed}`).toBe(first + query.rows < may.length);
    }
  });

  it("reads what the page has, however long the log and wherever it starts", () => {
    const head = 1_000_000;
    for (const from of ["oldest", "newest", 1, 500_000, head] as const) {
      let read = 0;
      const seqs = {
        length: head,
        at: (index: number) => {
          read += 1;
          return index < head ? index + 1 : undefined;
        },
      };
      let built = 0;
      const query: Pick<RangeQuery, "from" | "rows" | "bytes"> = { from, rows: 50, bytes: 1e9 };
      const page = seqPage(seqs, WHOLE, query, (seq) => {
        built += 1;
        return row(seq);
      });
      expect(page.rows.length).toBe(50);
      expect(built).toBe(50);
      // Both sides with one row more, and two searches of 20 steps.
      expect(read, `${from}`).toBeLessThan(160);
    }
  });

  it("stops at the bytes without building what lies beyond", () => {
    const size = JSON.stringify(row(100)).length;
    let built = 0;
    const seqs = Array.from({ length: 500 }, (_, n) => n + 100);
    seqPage(seqs, WHOLE, { from: 300, rows: 200, bytes: 10 * size }, (seq) => {
      built += 1;
      return row(seq);
    });
    expect(built).toBe(12);
  });
});

/** Ascending and disjoint; the last one may be open. */
function randomSpans(random: SeededRandom, head: number): readonly Span[] {
  const spans: Span[] = [];
  for (let from = 1 + random.below(4); from <= head; ) {
    const to = from + random.below(8);
    if (random.float() < 0.3) return [...spans, [from, null]];
    spans.push([from, to]);
    from = to + 2 + random.below(5);
  }
  return spans;
}
