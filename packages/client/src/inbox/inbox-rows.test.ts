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

  it("a log that reaches further raises unread and the row at once, and asks for the rest", () => {
    const rows = listed("a", "b");
    expect(rows.reaches("b", "e1", 14, 13)).toBe("later");
    expect(order(rows)).toEqual(["b", "a"]);
    expect(rows.get("b")).toMatchObject({ head: 14, ord: 13, unread: 5, mentions: 0 });
    // What the frame already told counts once, whatever comes then.
    expect(rows.reaches("b", "e1", 14, 13)).toBe("taken");
    expect(rows.event("b", "e1", event(14, { ord: 13 }), "me")).toBe("taken");
    expect(rows.event("b", "e1", event(15, { ord: 14 }), "me")).toBe("taken");
    expect(rows.get("b")).toMatchObject({ head: 15, unread: 6 });
    rows.take([row("b", { head: 15, ord: 14, unread: 6, mentions: 2 })], false);
    expect(rows.get("b")).toMatchObject({ unread: 6, mentions: 2 });
  });

  it("a log that reaches further by what is no message raises nothing", () => {
    const rows = listed("a", "b");
    expect(rows.reaches("b", "e1", 12, 10)).toBe("later");
    expect([order(rows), rows.get("b")?.unread, rows.get("b")?.head]).toEqual([["a", "b"], 2, 12]);
  });

  it("asks about a log that is not in the list, or another one", () => {
    const rows = listed("a");
    expect([rows.reaches("x", "e1", 5, 5), rows.reaches("a", "e2", 5, 5)]).toEqual(["ask", "ask"]);
    expect(rows.get("a")).toMatchObject({ head: 10, unread: 2 });
  });

  it("asks what is left unread by a read below a head that was only told", () => {
    const rows = listed("a");
    rows.reaches("a", "e1", 14, 14);
    rows.take([row("a", { head: 14, ord: 14, unread: 6 })], false);
    expect(rows.read("a", 12, () => null)).toBe("later");
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

const nothing = (): null => null;

describe("what was read", () => {
  it("lowers unread and mentions exactly, by the messages that came since", () => {
    const rows = listed("a");
    rows.event("a", "e1", event(11, { mentions: ["me"] }), "me");
    rows.event("a", "e1", event(12, { type: "x-poll", ord: 11 }), "me");
    rows.event("a", "e1", event(13, { ord: 12, mentions: "all" }), "me");
    expect(rows.get("a")).toMatchObject({ unread: 4, mentions: 2 });
    expect(rows.read("a", 11, nothing)).toBe("taken");
    expect(rows.get("a")).toMatchObject({ read: 11, unread: 1, mentions: 1, delivered: 11 });
    expect(rows.read("a", 12, nothing)).toBe("taken");
    expect(rows.get("a")).toMatchObject({ read: 12, unread: 1 });
    expect(rows.read("a", 99, nothing)).toBe("taken");
    expect(rows.get("a")).toMatchObject({ read: 13, unread: 0, mentions: 0 });
  });

  it("is counted from messages that are here where the list cannot tell, and asked for where they are not", () => {
    const rows = listed("a");
    expect(rows.read("a", 9, () => ({ unread: 1, mentions: 0 }))).toBe("taken");
    expect(rows.get("a")).toMatchObject({ read: 9, unread: 1 });
    const other = listed("a");
    expect(other.read("a", 9, nothing)).toBe("later");
    expect(other.get("a")).toMatchObject({ read: 9, unread: 2 });
    expect(other.take([row("a", { read: 9, unread: 1 })], false)).toBe("taken");
    expect(other.get("a")).toMatchObject({ read: 9, unread: 1 });
    expect(other.read("a", 10, nothing)).toBe("taken");
    expect(other.get("a")).toMatchObject({ unread: 0 });
  });

  it("does not rise again by an older row", () => {
    const rows = listed("a");
    rows.read("a", 10, nothing);
    expect(rows.take([row("a", { title: "new", mentions: 1 })], false)).toBe("taken");
    expect(rows.get("a")).toMatchObject({ title: "new", read: 10, unread: 0, mentions: 0 });
    expect(rows.take([row("a", { head: 12, ord: 12, unread: 4, mentions: 3 })], false)).toBe("later");
    expect(rows.get("a")).toMatchObject({ head: 12, read: 10, unread: 2, mentions: 2 });
    expect(rows.take([row("a", { head: 12, ord: 12, read: 10, unread: 2, mentions: 1 })], false)).toBe("taken");
    expect(rows.get("a")).toMatchObject({ unread: 2, mentions: 1 });
  });

  it("what was not known to be exact is not taken to be so after the next event", () => {
    const rows = listed("a");
    rows.read("a", 9, nothing);
    rows.event("a", "e1", event(11), "me");
    expect(rows.get("a")).toMatchObject({ read: 9, unread: 3 });
    expect(rows.take([row("a", { head: 12, ord: 12, read: 8, unread: 4 })], false)).toBe("later");
    expect(rows.get("a")).toMatchObject({ read: 9, unread: 4 });
    expect(rows.take([row("a", { head: 12, ord: 12, read: 9, unread: 3 })], false)).toBe("taken");
    rows.read("a", 11, nothing);
    expect(rows.get("a")).toMatchObject({ read: 11, unread: 3 });
    rows.event("a", "e1", event(13, { from: "me" }), "me");
    rows.event("a", "e1", event(14), "me");
    expect(rows.take([row("a", { head: 14, ord: 14, read: 12, unread: 2 })], false)).toBe("taken");
    expect(rows.get("a")).toMatchObject({ read: 13, unread: 1 });
  });

  it("remembers 200 messages of a conversation; what is read before them is asked for", () => {
    const rows = listed("a");
    for (let seq = 11; seq <= 220; seq++) rows.event("a", "e1", event(seq), "me");
    expect(rows.read("a", 15, nothing)).toBe("later");
    expect(rows.read("a", 100, nothing)).toBe("taken");
    expect(rows.get("a")).toMatchObject({ read: 100, unread: 120 });
  });

  it("knows nothing of messages in a gap", () => {
    const rows = listed("a");
    rows.event("a", "e1", event(11), "me");
    rows.event("a", "e1", event(20), "me");
    rows.event("a", "e1", event(21), "me");
    expect(rows.get("a")).toMatchObject({ unread: 13 });
    expect(rows.read("a", 12, nothing)).toBe("later");
    expect(rows.read("a", 20, nothing)).toBe("taken");
    expect(rows.get("a")).toMatchObject({ unread: 1 });
  });

  it("clears the unread mark, also where it raises nothing; what is not known is not marked", () => {
    const rows = listed("a");
    rows.mark("a", true);
    rows.mark("b", true);
    rows.read("b", 5, nothing);
    expect([rows.get("a")?.marked, rows.get("b")]).toEqual([true, null]);
    rows.read("a", 8, nothing);
    expect("marked" in (rows.get("a") ?? {})).toBe(false);
    rows.mark("a", true);
    rows.mark("a", false);
    expect("marked" in (rows.get("a") ?? {})).toBe(false);
    expect(rows.get("a")).toMatchObject({ read: 8, unread: 2 });
  });

  it("I14: is exact whatever way reads, events and older rows interleave", () => {
    const deed = fc.record({
      what: fc.constantFrom("event", "named", "other", "own", "again", "row", "read" as const),
      at: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 60 }), (deeds) => {
        const rows = new InboxRows(10);
        const log: EventRow[] = [];
        const [reads, lag] = [[0], 3];
        const above = (seq: number) => {
          const left = log.filter((each) => each.seq > seq && each.type === "message");
          return { unread: left.length, mentions: left.filter(({ mentions }) => mentions === "all").length };
        };
        const rowAt = (head: number, read: number): InboxRow => {
          const ord = log[head - 1]?.ord ?? 0;
          const left = log.slice(0, head).filter((each) => each.seq > read && each.type === "message");
          const mentions = left.filter((each) => each.mentions === "all").length;
          return row("a", { head, ord, read, delivered: read, unread: left.length, mentions });
        };
        rows.take([rowAt(0, 0)], true);
        for (const { what, at } of deeds) {
          const read = reads.at(-1) ?? 0;
          if (what === "read") {
            const to = Math.min(at, log.length);
            rows.read("a", to, () => above(to));
            reads.push(Math.max(read, to));
          } else if (what === "row") {
            rows.take([rowAt(Math.max(0, log.length - (at % lag)), reads.at(-1 - (at % reads.length)) ?? 0)], false);
          } else if (what === "again") {
            const known = log[at];
            if (known) rows.event("a", "e1", known, "me");
          } else {
            const ord = (log.at(-1)?.ord ?? 0) + (what === "other" ? 0 : 1);
            const type = what === "other" ? "x-poll" : "message";
            const from = what === "own" ? "me" : "you";
            const next = event(log.length + 1, { ord, type, from, ...(what === "named" && { mentions: "all" }) });
            log.push(next);
            rows.event("a", "e1", next, "me");
            if (what === "own") reads.push(next.seq);
          }
          const { unread } = above(reads.at(-1) ?? 0);
          expect(rows.get("a")).toMatchObject({ head: log.length, read: reads.at(-1), unread });
          // mentions may be too high only for as long as the gateway's row is behind
          expect(rows.get("a")?.mentions).toBeGreaterThanOrEqual(above(reads.at(-1) ?? 0).mentions);
        }
        rows.take([rowAt(log.length, reads.at(-1) ?? 0)], false);
        expect(rows.get("a")).toMatchObject(above(reads.at(-1) ?? 0));
      }),
    );
  });
});

describe("the last message", () => {
  const last = event(10, { body: { text: "first" }, mentions: ["me"], reactions: [["+", 1, false]], edited: 9 });
  const open = (): InboxRows => {
    const rows = new InboxRows(10);
    rows.take([row("a", { last })], true);
    return rows;
  };

  it("is shown as it was edited, and raises the conversation not at all", () => {
    const rows = open();
    rows.take([row("b", { last: event(10) })], false);
    expect(rows.event("a", "e1", event(11, { type: "edit", ord: 10, re: 10, body: { text: "second" } }), "me")).toBe(
      "taken",
    );
    expect(rows.get("a")).toMatchObject({
      head: 11,
      unread: 2,
      last: { seq: 10, edited: 11, body: { text: "second" } },
    });
    rows.event("a", "e1", event(12, { type: "edit", ord: 10, re: 9, body: { text: "another" } }), "me");
    expect(rows.get("a")).toMatchObject({ head: 12, last: { edited: 11 } });
    expect(order(rows)).toEqual(["b", "a"]);
  });

  it("is a tombstone when it was deleted, which nothing changes any more", () => {
    const rows = open();
    rows.event("a", "e1", event(11, { type: "delete", ord: 10, re: 10, body: {} }), "me");
    const { body, mentions, reactions, edited, ...rest } = last;
    expect(rows.get("a")?.last).toEqual({ ...rest, deleted: true });
    rows.event("a", "e1", event(12, { type: "edit", ord: 10, re: 10, body: { text: "late" } }), "me");
    expect(rows.get("a")?.last).toEqual({ ...rest, deleted: true });
    const other = open();
    other.event("a", "e1", event(11, { type: "edit", ord: 10, re: 10, deleted: true }), "me");
    expect(other.get("a")?.last).toEqual({ ...rest, deleted: true });
    const erased = open();
    for (const [seq, user] of [
      [11, "eve"],
      [12, last.from],
    ] as const) {
      expect(erased.get("a")?.last).toEqual(last);
      erased.event("a", "e1", event(seq, { type: "meta", ord: 10, body: { erased: user } }), "me");
    }
    expect(erased.get("a")?.last).toEqual({ ...rest, deleted: true });
  });

  it("is asked for after a reaction, since a row tells how many and not who; another message's is not", () => {
    const rows = open();
    expect(rows.event("a", "e1", event(11, { type: "react", ord: 10, re: 3 }), "me")).toBe("taken");
    expect(rows.event("a", "e1", event(12, { type: "react", ord: 10, re: 10 }), "me")).toBe("later");
    expect(rows.get("a")?.last).toEqual(last);
  });

  it("a deletion may take a mention away: the gateway is asked", () => {
    const rows = open();
    expect(rows.event("a", "e1", event(11, { type: "delete", ord: 10, re: 3 }), "me")).toBe("taken");
    rows.event("a", "e1", event(12, { ord: 11, mentions: "all" }), "me");
    expect(rows.event("a", "e1", event(13, { type: "delete", ord: 11, re: 3 }), "me")).toBe("later");
  });
});

describe("settings", () => {
  it("are those of the latest `meta` event; what is not set has no field", () => {
    const rows = listed("a");
    const meta = (seq: number, body: EventRow["body"]): void => {
      rows.event("a", "e1", event(seq, { type: "meta", ord: 10, body: body ?? {} }), "me");
    };
    meta(11, { open: true, slow: 5_000, pinned: [3, 4], mode: "pull" });
    expect(rows.get("a")).toMatchObject({ open: true, slow: 5_000, pinned: [3, 4], mode: "pull", title: "a" });
    meta(12, { title: "b" });
    expect(rows.get("a")).toMatchObject({ open: true, slow: 5_000, pinned: [3, 4], title: "b" });
    meta(13, { open: false, slow: 0, pinned: [] });
    const after = rows.get("a") ?? {};
    expect(["open" in after, "slow" in after, "pinned" in after]).toEqual([false, false, false]);
  });
});
