import { describe, expect, it } from "vitest";
import { FEED_START, feedEnd, formatFeedMark, parseFeedMark } from "./feed-mark.ts";

const store = { life: "0123456789abcdef", change: 42 };

describe("a mark of the feed", () => {
  it("is read as it was written", () => {
    for (const mark of [
      FEED_START,
      feedEnd(store),
      { change: -7, seq: 3 },
      { change: 42, seq: 9_007_199_254_740_991 },
    ]) {
      expect(parseFeedMark(formatFeedMark(mark, store), store)).toEqual(mark);
    }
  });

  it("is none of this store's: of another life, of a change that has not come, or no mark at all", () => {
    const mark = formatFeedMark({ change: 42, seq: 1 }, store);
    expect(parseFeedMark(mark, { ...store, life: "fedcba9876543210" })).toBe(null);
    expect(parseFeedMark(mark, { ...store, change: 40 })).toBe(null);
    for (const text of [
      "",
      "42.1",
      "42.1.",
      ".1.0123456789abcdef",
      `${mark} `,
      `${mark}\n`,
      "1e1.1.0123456789abcdef",
    ]) {
      expect(parseFeedMark(text, store), text).toBe(null);
    }
  });
});
