import { describe, expect, it } from "vitest";
import { MemoryFeed } from "./memory-feed.ts";

const EVENTS = 1_000;

describe("MemoryFeed", () => {
  it("lets go of the steps of events that are gone, before they are more than those that are left", () => {
    const gone = new Set<number>();
    let looked = 0;
    const feed = new MemoryFeed((conversation, seq) => {
      looked += 1;
      return gone.has(seq) ? null : { conversation, epoch: "e1", row: { seq } as never };
    });
    for (let seq = 1; seq <= EVENTS; seq++) feed.add("c1", seq);
    for (let seq = 1; seq <= EVENTS - 10; seq++) {
      gone.add(seq);
      feed.forget(1);
    }
    // Each was looked at a few times in all, not once for each that went.
    expect(looked).toBeLessThan(3 * EVENTS);
    looked = 0;
    const { items } = feed.page({ after: null, rows: 100, bytes: 1e6, life: "e1" });
    expect(items).toHaveLength(10);
    expect(looked).toBeLessThan(21);
  });

  it("refuses a mark that lies beyond its end, as none that it gave does", () => {
    const feed = new MemoryFeed((conversation) => ({ conversation, gone: true }));
    feed.add("c1", 1);
    const page = (after: string) => () => feed.page({ after, rows: 10, bytes: 1_000, life: "e1" });
    expect(page("1.e1")()).toEqual({ items: [], mark: "1.e1", more: false });
    expect(page("2.e1")).toThrow(expect.objectContaining({ code: "invalid" }));
  });
});
