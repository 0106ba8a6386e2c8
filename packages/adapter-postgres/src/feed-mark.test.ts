import { describe, expect, it } from "vitest";
import { formatMark, markAfter, markAtEnd, parseMark, readMark, startOf } from "./feed-mark.ts";

const LIFE = "0123456789abcdef";
const horizon = (settled: number, end = settled) => ({ life: LIFE, settled, end });

describe("feed marks", () => {
  it("come back as they were given, of this life alone and not from beyond its end", () => {
    const at = { change: 7, conversation: 3, seq: 12 };
    for (const mark of [
      { at, again: null },
      { at, again: 5 },
    ]) {
      const text = formatMark(mark, horizon(9));
      expect(parseMark(text, horizon(9))).toEqual(mark);
      expect(parseMark(text, { ...horizon(9), life: "fedcba9876543210" })).toBe(null);
    }
    expect(parseMark(formatMark({ at, again: null }, horizon(9)), horizon(6))).toBe(null);
    expect(() => readMark("nonsense", horizon(9))).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  it("I9: a walk among what is not settled comes back to where that began", () => {
    const start = { at: startOf(4), again: null };
    const settled = markAfter(start, { change: 6, conversation: 1, seq: 2 }, horizon(8, 20));
    expect(settled.again).toBe(null);
    const within = markAfter(settled, { change: 8, conversation: 1, seq: 2 }, horizon(8, 20));
    expect(within.again).toBe(8);
    // Whatever has ended meanwhile may lie behind this walk.
    const farther = markAfter(within, { change: 15, conversation: 1, seq: 2 }, horizon(18, 20));
    expect(farther).toEqual({ at: { change: 15, conversation: 1, seq: 2 }, again: 8 });
    expect(markAtEnd(farther, horizon(18, 20))).toEqual({ at: startOf(8), again: null });
    expect(markAtEnd(settled, horizon(8, 20))).toEqual({ at: startOf(8), again: null });
  });
});
