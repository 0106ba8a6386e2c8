import type { WindowItem } from "@earshot/client";
import { describe, expect, it } from "vitest";
import { itemFrom, itemsAbove, messageAt, newestSeq } from "./item-at.ts";

const item = (seq: number | null, kind: WindowItem["kind"] = "message") => ({ kind, seq }) as WindowItem;
/** 2, 3 and 5 are messages, 4 is a notice, 1 and 6 were changes of others; two wait. */
const items = [item(2), item(3), item(4, "notice"), item(5), item(null), item(null)];

describe("items by their seq", () => {
  it("finds the first that is not below", () => {
    expect([0, 2, 3, 5].map((seq) => itemFrom(items, seq)?.seq)).toEqual([2, 2, 3, 5]);
    expect(itemFrom(items, 6)?.seq).toBeNull();
    expect(itemFrom([], 1)).toBeNull();
  });

  it("finds a message alone by its own seq", () => {
    expect([1, 2, 4, 5, 6].map((seq) => messageAt(items, seq)?.seq)).toEqual([undefined, 2, undefined, 5, undefined]);
  });

  it("tells the newest seq, and what is above one, without those that wait", () => {
    expect([newestSeq(items), newestSeq([item(null)]), newestSeq([])]).toEqual([5, 0, 0]);
    expect(itemsAbove(items, 3).map(({ seq }) => seq)).toEqual([4, 5]);
    expect(itemsAbove(items, 5)).toEqual([]);
  });
});
