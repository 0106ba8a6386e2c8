import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUCKETS } from "../keys.ts";
import { formatFeedMark, parseFeedMark } from "./feed-mark.ts";
import { formatInboxCursor, parseInboxCursor } from "./inbox-cursor.ts";
import { formatVector, isBefore, parseVector } from "./vector.ts";

const LIFE = "0123456789abcdef";
const moments = fc.record({
  at: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  life: fc.constantFrom("", "c0ffee000000", "0123456789ab"),
});
const vectors = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: BUCKETS - 1 }), moments), { selector: ([bucket]) => bucket })
  .map((entries) => new Map(entries.sort(([a], [b]) => a - b)));

describe("places in the buckets' clocks", () => {
  it("come back from their texts, of which each has one", () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        const text = formatVector(vector);
        expect(parseVector(text, BUCKETS)).toEqual(vector);
        expect(formatVector(new Map([...vector].reverse()))).toBe(text);
      }),
    );
  });

  it("are none in what nobody gave out", () => {
    for (const text of ["", "-1", "1,", "1,0", "1,0:2", "1,1s:0", "1,0:0-x", "1,0:0-C0FFEE000000", " 1", "1,0:0,"]) {
      expect(parseVector(text, BUCKETS), text).toBe(null);
    }
    expect(parseVector(["z", ...Array.from({ length: BUCKETS + 1 }, () => "0:0")].join(","), BUCKETS)).toBe(null);
  });

  it("stay short: a mark of all buckets is less than a kilobyte", () => {
    const at = 1_800_000_000_000_000;
    const vector = new Map(Array.from({ length: BUCKETS }, (_, n) => [n, { at: at + n * 1e9, life: "" }]));
    expect(formatFeedMark({ vector, within: null }, LIFE).length).toBeLessThan(1_000);
  });

  it("lie before a clock that has come farther, in the same life", () => {
    const now = { at: 7, life: "a" };
    expect(isBefore(undefined, now)).toBe(true);
    expect([6, 7, 8].map((at) => isBefore({ at, life: "a" }, now))).toEqual([true, true, false]);
    expect(isBefore({ at: 1, life: "" }, now)).toBe(false);
  });
});

describe("marks and cursors", () => {
  it("come back from their texts", () => {
    const places = fc.option(fc.record({ bucket: fc.nat(BUCKETS - 1), stamp: fc.nat(), seq: fc.nat() }));
    fc.assert(
      fc.property(vectors, places, (vector, within) => {
        const mark = { vector, within };
        expect(parseFeedMark(formatFeedMark(mark, LIFE), LIFE, BUCKETS)).toEqual(mark);
      }),
    );
    const belows = fc.option(fc.record({ change: fc.nat(), conversation: fc.constantFrom("c1", "a:b~.-") }));
    fc.assert(
      fc.property(vectors, fc.nat(), belows, (since, indexed, below) => {
        const cursor = { since, indexed, below };
        expect(parseInboxCursor(formatInboxCursor(cursor, LIFE), LIFE, BUCKETS)).toEqual(cursor);
      }),
    );
  });

  it("of another store are unknown", () => {
    const mark = formatFeedMark({ vector: new Map(), within: null }, LIFE);
    expect(() => parseFeedMark(mark, "fedcba9876543210", BUCKETS)).toThrow(
      expect.objectContaining({ code: "invalid" }),
    );
    const cursor = formatInboxCursor({ since: new Map(), indexed: 1, below: null }, LIFE);
    expect(parseInboxCursor(cursor, "fedcba9876543210", BUCKETS)).toBe(null);
  });
});
