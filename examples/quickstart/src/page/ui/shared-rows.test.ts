import { describe, expect, it } from "vitest";
import { sharedRows } from "./shared-rows.ts";

const shared = (before: string, items: string) => sharedRows([...before], [...items], (key) => key);

describe("sharedRows", () => {
  it.each([
    ["abc", "abc", { from: 0, to: 0, count: 3 }],
    ["abc", "abcde", { from: 0, to: 0, count: 3 }],
    ["abc", "xyabc", { from: 0, to: 2, count: 3 }],
    ["abc", "xyabcde", { from: 0, to: 2, count: 3 }],
    ["abcde", "cdef", { from: 2, to: 0, count: 3 }],
    ["abcp", "abcdp", { from: 0, to: 0, count: 3 }],
    ["abcd", "cabd", { from: 0, to: 1, count: 2 }],
    ["abc", "ab", { from: 0, to: 0, count: 2 }],
  ])("finds what %s and %s share", (before, items, run) => {
    expect(shared(before, items)).toEqual(run);
  });

  it("finds nothing in another list, or in none", () => {
    expect(shared("abc", "xyz").count).toBe(0);
    expect(shared("", "abc").count).toBe(0);
    expect(shared("abc", "").count).toBe(0);
  });
});
