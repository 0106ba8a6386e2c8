import type { EventRow, InboxRow } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InboxRows } from "./inbox-rows.ts";

const row = (c: string, more: Partial<InboxRow> = {}): InboxRow => ({
  ...{ c, kind: "group", mode: "push", epoch: "e1", head: 10, ord: 10, delivered: 0, read: 8, unread: 2, mentions: 0 },
  ...{ role: "member", title: c, meta: null, mute: false, last: null },
  ...more,
});
const event = (seq: number, more: Partial<EventRow> = {}): EventRow => ({
  ...{ seq, ord: seq, type: "message", id: `m${seq}`, from: "you", at: 1_000, body: {} },
  ...more,
});
const listed = (...cs: readonly string[]): InboxRows => {
  const rows = new InboxRows(100);
  rows.take(
    cs.map((c) => row(c)),
    true,
  );
  return rows;
};
const order = (rows: InboxRows): string[] => rows.rows.map(({ id }) => id);

describe("InboxRows", () => {
  it("keeps the order of a listing, over its pages", () => {
    const rows = listed("a", "b");
    rows.take([row("c"), row("a")], true);
    expect(order(rows)).toEqual(["a", "b", "c"]);
    expect(rows.get("a")).toMatchObject({ id: "a", title: "a" });
    expect("c" in (rows.get("a") ?? {})).toBe(false);
    expect(Object.isFrozen(rows.get("a"))).toBe(true);
  });

  it("raises a conversation to the top with each message, whatever the times say", () => {
    const rows = listed("a", "b", "c");
    rows.event("c", "e1", event(11, { at: 7 }), "me");
    rows.event("b", "e1", event(11, { at: 7 }), "me");
    rows.event("a", "e1", event(11, { type: "react", at: 9 }), "me");
    expect(order(rows)).toEqual(["b", "c", "a"]);
    expect(rows.get("b")).toMatchObject({ head: 11, ord: 11, unread: 3, last: { seq: 11, id: "m11" } });
    expect(rows.get("a")).toMatchObject({ head: 11, last: null });
  });

  it("the same event twice raises unread once", () => {
    const rows = listed("a");
    for (const seq of [11, 11, 12, 11, 12]) expect(rows.event("a", "e1", event(seq), "me")).toBe("taken");
    expect(rows.get("a")).toMatchObject({ unread: 4, head: 12 });
  });

  it("counts messages by `ord`, so that other events raise nothing", () => {
    const rows = listed("a");
    rows.event("a", "e1", event(11, { type: "edit", ord: 10 }), "me");
    rows.event("a", "e1", event(12, { type: "x-poll", ord: 10 }), "me");
    rows.event("a", "e1", event(13, { ord: 11 }), "me");
    expect(rows.get("a")).toMatchObject({ unread: 3, head: 13, ord: 11 });
  });

  it("an own send raises the own `read`", () => {
    const rows = listed("a");
    rows.event("a", "e1", event(11, { mentions: ["me"] }), "me");
    expect(rows.get("a")).toMatchObject({ unread: 3, mentions: 1, read: 8 });
    rows.event("a", "e1", event(12, { from: "me" }), "me");
    expect(rows.get("a")).toMatchObject({ unread: 0, mentions: 0, read: 12 });
    rows.event("a", "e1", event(13, { type: "member", ord: 12, from: "me", body: { members: [] } }), "me");
    expect(rows.get("a")).toMatchObject({ unread: 0, read: 12 });
    rows.event("a", "e1", event(14, { ord: 13, mentions: "all" }), "me");
    rows.event("a", "e1", event(15, { ord: 14, mentions: ["you"] }), "me");
    expect(rows.get("a")).toMatchObject({ unread: 2, mentions: 1 });
  });

  it("takes what a `meta` event changes, and nothing else; and a new role", () => {
    const rows = new InboxRows(100);
    rows.take([row("a", { title: "old", meta: { color: "red" } })], true);
    rows.event("a", "e1", event(11, { type: "meta", ord: 10, body: { title: "new" } }), "me");
    expect(rows.get("a")).toMatchObject({ title: "new", meta: { color: "red" }, mode: "push" });
    const members = [
      ["you", "owner"],
      ["me", "admin"],
    ];
    rows.event("a", "e1", event(12, { type: "member", ord: 10, body: { members } }), "me");
    rows.event("a", "e1", event(13, { type: "member", ord: 10, body: { members: [["me", null]] } }), "me");
    expect(rows.get("a")).toMatchObject({ role: "admin", unread: 2 });
    rows.event("a", "e1", event(14, { type: "meta", ord: 10, body: { title: null, meta: null } }), "me");
    expect(rows.get("a")).toMatchObject({ title: null, meta: null });
  });

  it("asks about what it cannot place: unknown, another epoch, a gap", () => {
    const rows = listed("a");
    expect(rows.event("b", "e1", event(1), "me")).toBe("ask");
    expect(rows.event("a", "e2", event(1), "me")).toBe("ask");
    expect(rows.event("a", "e1", event(13), "me")).toBe("ask");
    expect(rows.get("a")).toMatchObject({ head: 13, unread: 5 });
    expect(rows.event("a", "e1", event(12), "me")).toBe("taken");
  });

  it("takes what has changed in any order, and raises what is newer", () => {
    const rows = listed("a", "b", "c", "d");
    rows.take(
      [
        row("d", { head: 12, last: event(12, { at: 300 }) }),
        row("c", { title: "renamed" }),
        row("e", { last: event(1, { at: 400 }) }),
        row("b", { head: 11, last: event(11, { at: 500 }) }),
        { c: "a", gone: true },
      ],
      false,
    );
    expect(order(rows)).toEqual(["b", "e", "d", "c"]);
    expect(rows.get("c")?.title).toBe("renamed");
    expect(rows.get("a")).toBe(null);
    rows.take([row("new")], false);
    expect(order(rows)[0]).toBe("new");
  });

  it("I12: a row that is older than what events have told changes nothing, and is asked for again", () => {
    const rows = listed("a");
    rows.event("a", "e1", event(11), "me");
    expect(rows.take([row("a", { head: 10, title: "stale" })], false)).toBe("ask");
    expect(rows.get("a")).toMatchObject({ head: 11, title: "a" });
    expect(rows.take([row("a", { head: 3, ord: 3, epoch: "e2", read: 0, unread: 3 })], false)).toBe("taken");
    expect(rows.get("a")).toMatchObject({ head: 3, epoch: "e2", unread: 3 });
  });

  it("what we know to be read stays read, although the store has not written it yet", () => {
    const rows = listed("a");
    rows.event("a", "e1", event(11, { from: "me" }), "me");
    rows.take([row("a", { head: 12, ord: 12, read: 8, unread: 4, mentions: 3, last: event(12) })], false);
    expect(rows.get("a")).toMatchObject({ read: 11, unread: 1, mentions: 1, head: 12 });
    rows.take([row("a", { head: 12, ord: 12, read: 12, unread: 0 })], false);
    expect(rows.get("a")).toMatchObject({ read: 12, unread: 0 });
  });

  it("lets go of the oldest beyond its bound", () => {
    const rows = new InboxRows(2);
    rows.take([row("a"), row("b"), row("c")], true);
    expect(order(rows)).toEqual(["a", "b"]);
    expect(rows.get("c")).toBe(null);
    rows.take([row("d")], false);
    expect(order(rows)).toEqual(["d", "a"]);
  });

  it("keeps only what a listing has named when that has ended", () => {
    const rows = listed("a", "b", "c");
    rows.keepOnly(new Set(["c", "a"]));
    expect(order(rows)).toEqual(["a", "c"]);
    rows.remove("a");
    rows.remove("a");
    expect(order(rows)).toEqual(["c"]);
    rows.clear();
    expect([order(rows), rows.get("c")]).toEqual([[], null]);
  });

  it("I8: unread is exact whatever way events and rows interleave", () => {
    const deed = fc.record({
      what: fc.constantFrom("event", "again", "row", "own" as const),
      lag: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 50 }), (deeds) => {
        const rows = listed("a");
        let [head, read] = [10, 8];
        for (const { what, lag } of deeds) {
          if (what === "again") rows.event("a", "e1", event(head - lag, { from: "you" }), "me");
          else if (what === "row") {
            const then = Math.max(10, head - lag);
            rows.take([row("a", { head: then, ord: then, read: 8, unread: then - 8 })], false);
          } else {
            head++;
            if (what === "own") read = head;
            rows.event("a", "e1", event(head, { from: what === "own" ? "me" : "you" }), "me");
          }
          expect(rows.get("a")).toMatchObject({ head, unread: head - read });
        }
      }),
    );
  });
});
