import { describe, expect, it } from "vitest";
import type { Change } from "../ports/pages.ts";
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

  it("tells of what has changed by its last step, looking at no more than the steps above the mark", () => {
    const heads = new Map<string, number>();
    const feed = new MemoryFeed(() => null);
    const write = (c: string, seq: number) => {
      heads.set(c, seq);
      feed.add(c, seq);
    };
    let looked = 0;
    const read = (after: string, limit: number) =>
      feed.changes({
        after,
        limit,
        life: "e1",
        standingOf: (conversation) => {
          looked += 1;
          const head = heads.get(conversation);
          if (head === undefined) return undefined;
          const change: Change = { conversation, epoch: "e1", head, ord: head, mode: "push", membersVersion: 1 };
          return { head, change: () => change };
        },
      });
    for (let seq = 1; seq <= EVENTS; seq++) write("before", seq);
    const began = feed.end("e1");
    for (const c of ["a", "b", "gone", "c"]) write(c, 1);
    write("a", 2);
    heads.delete("gone");
    feed.add("gone", null);

    const first = read(began, 2);
    expect([first.changes.map((change) => change.conversation), first.more]).toEqual([["b", "c"], true]);
    // It came not yet, and changes once more: its last step is what counts.
    write("a", 3);
    const second = read(first.mark, 2);
    expect(second).toEqual({
      changes: [
        { conversation: "gone", gone: true },
        { conversation: "a", epoch: "e1", head: 3, ord: 3, mode: "push", membersVersion: 1 },
      ],
      mark: feed.end("e1"),
      more: false,
    });
    expect(looked).toBeLessThan(10);
    expect(read(second.mark, 2)).toEqual({ changes: [], mark: second.mark, more: false });
  });
});
