import type { EventRow, EventsFrame, PageRow } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { windowItem } from "../window-item.ts";
import type { Stretch } from "./stretch.ts";
import { Timeline } from "./timeline.ts";

const limits = {
  ...{ windowItemsMax: 1_000, heldEventsMax: 1_000, islandsMax: 3 },
  ...{ recentChangesMax: 100, heardReactionsMax: 100 },
};
const make = (over: Partial<typeof limits> = {}) =>
  new Timeline(
    { ...limits, ...over },
    (each) => windowItem(each, "c1", "me", { delivered: 0, read: 0 }),
    ({ from }) => from === "me",
  );
/** What the newest stretch shows. */
const shown = ({ newest }: Timeline): (number | null)[] => (newest?.items ?? []).map(({ seq }) => seq);
const row = (seq: number, more: Partial<EventRow> = {}): EventRow => ({
  ...{ seq, ord: seq, type: "message", id: `m${seq}`, from: "you", at: 0, body: { text: seq } },
  ...more,
});
const page = (from: number, to: number, head: number, more: Partial<EventsFrame> = {}): EventsFrame => ({
  ...{ t: "events", c: "c1", epoch: "e1", head, from, to, more: false },
  events: Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => row(from + at)),
  ...more,
});
const react = (seq: number, re: number, from: string, on = true): EventRow =>
  row(seq, { type: "react", re, from, body: { key: "👍", on } });
const counts = ({ items }: Stretch, seq: number): unknown => {
  const item = items.find((each) => each.seq === seq);
  return item?.kind === "message" ? item.reactions.map(({ key, count }) => [key, count]) : null;
};
const upTo = (to: number, from = 1): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const seqsOf = ({ items }: Stretch): (number | null)[] => items.map(({ seq }) => seq);
const seqs = (rows: readonly EventRow[]): number[] => rows.map(({ seq }) => seq);

describe("Timeline", () => {
  it("opens with the newest page, and holds what came before it", () => {
    const timeline = make();
    expect(timeline.insert("e1", row(11))).toEqual([]);
    expect(timeline.insert("e1", row(12))).toEqual([]);
    expect([timeline.cursor, timeline.gap]).toEqual([null, null]);
    expect(seqs(timeline.open(page(6, 10, 10, { more: true })))).toEqual([6, 7, 8, 9, 10, 11, 12]);
    expect(shown(timeline)).toEqual([6, 7, 8, 9, 10, 11, 12]);
    expect([timeline.cursor, timeline.newest?.from, timeline.newest?.hasOlder]).toEqual([
      { epoch: "e1", seq: 12 },
      6,
      true,
    ]);
  });

  it("I8: drops what it has, whatever way it comes", () => {
    const timeline = make();
    timeline.open(page(1, 10, 10));
    expect(timeline.insert("e1", row(10))).toEqual([]);
    expect(timeline.insert("e1", row(3))).toEqual([]);
    expect(seqs(timeline.extend(page(8, 12, 12)))).toEqual([11, 12]);
    expect(timeline.open(page(1, 12, 12))).toEqual([]);
    expect(shown(timeline)).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
  });

  it("I7: holds what is early until the hole is closed", () => {
    const timeline = make();
    timeline.open(page(1, 2, 2));
    expect(timeline.insert("e1", row(5))).toEqual([]);
    expect(timeline.insert("e1", row(4))).toEqual([]);
    expect(timeline.gap).toEqual({ from: 3, to: 3 });
    expect(seqs(timeline.insert("e1", row(3)))).toEqual([3, 4, 5]);
    expect(timeline.gap).toBe(null);
  });

  it("knows of a hole at the end when it is told of a head", () => {
    const timeline = make();
    timeline.open(page(1, 2, 2));
    timeline.reaches("e1", 9);
    expect(timeline.gap).toEqual({ from: 3, to: 9 });
    expect(seqs(timeline.extend(page(3, 9, 9)))).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(timeline.gap).toBe(null);
  });

  it("moves over void rows and rows that it does not show", () => {
    const timeline = make();
    timeline.open(page(1, 2, 2));
    const events: PageRow[] = [{ type: "void", seq: 2, to: 5 }, row(6, { type: "x-poll" }), row(7)];
    expect(seqs(timeline.extend(page(3, 7, 7, { events })))).toEqual([6, 7]);
    expect(shown(timeline)).toEqual([1, 2, 7]);
    expect(timeline.cursor?.seq).toBe(7);
  });

  it("does not move over what a page should cover and does not", () => {
    const timeline = make();
    timeline.open(page(1, 2, 2));
    timeline.extend(page(3, 6, 6, { events: [row(3), row(5), row(6)] }));
    expect(timeline.cursor?.seq).toBe(3);
    expect(timeline.gap).toEqual({ from: 4, to: 4 });
    expect(seqs(timeline.insert("e1", row(4)))).toEqual([4, 5, 6]);
  });

  it("I16: takes a page of another cursor only as far as it fits", () => {
    const timeline = make();
    timeline.open(page(1, 2, 2));
    expect(timeline.extend(page(10, 12, 12))).toEqual([]);
    expect(timeline.cursor?.seq).toBe(2);
    expect(timeline.gap).toEqual({ from: 3, to: 9 });
    expect(seqs(timeline.extend(page(3, 9, 12)))).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it("takes older pages before its first, and nothing that does not touch what is here", () => {
    const timeline = make();
    timeline.open(page(11, 20, 20, { more: true }));
    const newest = timeline.newest as Stretch;
    timeline.read(page(1, 5, 20), newest);
    expect(newest.from).toBe(11);
    timeline.read(page(6, 10, 20, { more: true }), newest);
    timeline.read(page(6, 10, 20, { more: true }), newest);
    expect(newest.hasOlder).toBe(true);
    timeline.read(page(1, 5, 20), newest);
    expect(shown(timeline)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(newest.hasOlder).toBe(false);
  });

  it("I19: nothing of a life that is over is taken any more, however late it comes", () => {
    const timeline = make();
    timeline.open(page(1, 9, 9));
    timeline.restart({ epoch: "e2", head: 3 }, "e1");
    expect(timeline.open(page(1, 9, 9))).toEqual([]);
    timeline.open(page(1, 3, 3, { epoch: "e2" }));
    expect([timeline.insert("e1", row(10)), timeline.extend(page(4, 9, 9)), timeline.open(page(1, 9, 9))]).toEqual([
      ...[[], [], []],
    ]);
    timeline.reaches("e1", 9);
    expect([timeline.cursor, timeline.gap]).toEqual([{ epoch: "e2", seq: 3 }, null]);
  });

  it("I8, I12: stays where it is when a cursor that is no more is answered late, and not when the log is shorter", () => {
    const timeline = make();
    timeline.open(page(1, 9, 9));
    timeline.open(page(1, 3, 3, { epoch: "e2" }));
    timeline.insert("e2", row(4));
    timeline.restart({ epoch: "e2", head: 4 }, "e1");
    expect([timeline.cursor, shown(timeline)]).toEqual([{ epoch: "e2", seq: 4 }, [1, 2, 3, 4]]);
    timeline.restart({ epoch: "e2", head: 6 }, "e1");
    expect([timeline.cursor?.seq, timeline.gap]).toEqual([4, { from: 5, to: 6 }]);
    timeline.restart({ epoch: "e2", head: 3 }, "e1");
    expect([timeline.cursor?.seq, timeline.gap]).toEqual([4, { from: 5, to: 6 }]);
    timeline.restart({ epoch: "e2", head: 3 }, "e2");
    expect(timeline.cursor).toBe(null);
  });

  it("I19: a page read beside a stretch of a life that is over joins nothing", () => {
    const timeline = make();
    timeline.open(page(6, 9, 9, { more: true }));
    const before = timeline.newest as Stretch;
    timeline.open(page(1, 3, 3, { epoch: "e2" }));
    expect(timeline.read(page(1, 3, 3, { epoch: "e2" }), before)).toMatchObject({ code: "unavailable" });
    expect(shown(timeline)).toEqual([1, 2, 3]);
  });

  it("I19: another epoch voids everything, wherever it is seen", () => {
    for (const see of [
      (timeline: Timeline) => timeline.insert("e2", row(3)),
      (timeline: Timeline) => timeline.reaches("e2", 3),
    ]) {
      const timeline = make();
      timeline.open(page(1, 9, 9));
      timeline.insert("e1", row(11));
      expect(timeline.isVoidedBy("e2")).toBe(true);
      see(timeline);
      expect([timeline.cursor, timeline.newest, timeline.isVoidedBy("e2")]).toEqual([null, null, false]);
      expect(timeline.extend(page(1, 2, 2, { epoch: "e1" }))).toEqual([]);
      timeline.open(page(1, 3, 3, { epoch: "e2" }));
      expect([timeline.cursor, timeline.gap]).toEqual([{ epoch: "e2", seq: 3 }, null]);
    }
  });

  it("lets go of the oldest beyond its bound", () => {
    const timeline = make({ windowItemsMax: 10 });
    timeline.open(page(1, 8, 8));
    for (let seq = 9; seq <= 15; seq++) timeline.insert("e1", row(seq));
    expect(shown(timeline)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect([timeline.newest?.from, timeline.newest?.hasOlder]).toEqual([6, true]);
  });

  it("remembers that there is more than it may hold", () => {
    const timeline = make({ heldEventsMax: 3 });
    timeline.open(page(1, 1, 1));
    for (let seq = 3; seq <= 10; seq++) timeline.insert("e1", row(seq));
    expect(seqs(timeline.insert("e1", row(2)))).toEqual([2, 3, 4, 5]);
    expect(timeline.gap).toEqual({ from: 6, to: 10 });
  });

  it("I7, I8, I13: any order of events, pages and answers gives each seq once, upwards by one", () => {
    const head = 30;
    const input = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ by: fc.constant("event" as const), seq: fc.integer({ min: 1, max: head }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          by: fc.constant("page" as const),
          from: fc.integer({ min: 1, max: head }),
          rows: fc.integer({ min: 0, max: 12 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ by: fc.constant("open" as const), at: fc.integer({ min: 0, max: head }) }) },
      {
        weight: 1,
        arbitrary: fc.record({ by: fc.constant("reaches" as const), at: fc.integer({ min: 0, max: head }) }),
      },
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (inputs, heldEventsMax) => {
        const timeline = make({ heldEventsMax });
        const applied: number[] = [];
        const apply = (rows: readonly EventRow[]): void => {
          for (const { seq } of rows) {
            const before = applied.at(-1);
            expect(before === undefined || seq === before + 1).toBe(true);
            applied.push(seq);
          }
          expect(shown(timeline)).toEqual(applied);
          if (timeline.cursor !== null && applied.length > 0) expect(timeline.cursor.seq).toBe(applied.at(-1));
        };
        for (const each of inputs) {
          if (each.by === "event") apply(timeline.insert("e1", row(each.seq)));
          else if (each.by === "page") {
            const to = Math.min(head, each.from + each.rows - 1);
            apply(timeline.extend(page(each.from, to, head)));
          } else if (each.by === "open") {
            const above = timeline.cursor?.seq ?? -1;
            const rows = timeline.open(page(Math.max(1, each.at - 4), each.at, each.at));
            expect(rows.every(({ seq }) => seq > above)).toBe(true);
            // the first, and one that is newer than all that is here: from there on it counts anew
            if (each.at > above) applied.splice(0, Infinity, ...(shown(timeline) as number[]));
          } else timeline.reaches("e1", each.at);
        }
        // the rule's fetches after the cursor always bring the rest
        if (timeline.cursor === null) apply(timeline.open(page(1, 5, 5)));
        for (let fetches = 0; timeline.gap !== null; fetches++) {
          expect(fetches).toBeLessThan(head);
          const after = timeline.cursor?.seq ?? 0;
          apply(timeline.extend(page(after + 1, Math.min(head, after + 7), head)));
        }
      }),
    );
  });

  it("I8: counts a reaction once, whether it comes by a page, by replay, or by both", () => {
    const timeline = make();
    timeline.open(page(91, 100, 100, { more: true }));
    const newest = timeline.newest as Stretch;
    // 101 is on its way, and the page knows it already
    const known = row(85, { reactions: [["👍", 1, false]] });
    timeline.read(page(81, 90, 101, { events: [known], more: true }), newest);
    const island = timeline.read(page(41, 50, 101, { events: [row(45)], more: true }), null) as Stretch;
    timeline.insert("e1", react(101, 85, "you"));
    expect(counts(newest, 85)).toEqual([["👍", 1]]);
    timeline.insert("e1", react(102, 85, "they"));
    expect(counts(newest, 85)).toEqual([["👍", 2]]);
    timeline.insert("e1", react(103, 45, "they"));
    expect(counts(island, 45)).toEqual([["👍", 1]]);
    timeline.extend(page(101, 103, 103, { events: [101, 102, 103].map((seq) => react(seq, 85, "they")) }));
    expect(counts(newest, 85)).toEqual([["👍", 2]]);
  });

  it("brings a page up to date that was read before what has been applied since", () => {
    const timeline = make();
    timeline.open(page(91, 100, 100, { more: true }));
    timeline.insert("e1", row(101, { type: "edit", re: 85, body: { text: "new" } }));
    timeline.insert("e1", react(102, 85, "they"));
    timeline.insert("e1", row(103, { re: 85 }));
    const newest = timeline.newest as Stretch;
    timeline.read(page(81, 90, 101, { events: [row(85, { body: { text: "new" }, edited: 101 })], more: true }), newest);
    expect(newest.items[0]).toMatchObject({ body: { text: "new" }, edited: 101, replies: 1 });
    expect(counts(newest, 85)).toEqual([["👍", 1]]);
    const thread = timeline.read(page(1, 0, 100, { events: [] }), null, 85) as Stretch;
    expect(seqsOf(thread)).toEqual([103]);
  });

  it("refuses a page that is older than the changes remembered", () => {
    const timeline = make({ recentChangesMax: 2 });
    timeline.open(page(91, 100, 100, { more: true }));
    for (let seq = 101; seq <= 103; seq++) timeline.insert("e1", react(seq, 95, `u${seq}`));
    const newest = timeline.newest as Stretch;
    expect(timeline.read(page(81, 90, 100, { more: true }), newest)).toMatchObject({ code: "unavailable" });
    expect(timeline.read(page(81, 90, 101, { more: true }), newest)).toBe(newest);
  });

  it("keeps items the same objects, but for the one that an event changes", () => {
    const timeline = make();
    timeline.open(page(1, 5, 5));
    const before = [...(timeline.newest?.items ?? [])];
    timeline.insert("e1", row(6, { type: "edit", re: 3, body: { text: "new" } }));
    timeline.insert("e1", row(7, { type: "x-ping", re: 4 }));
    timeline.insert("e1", react(8, 2, "you", false));
    const after = timeline.newest?.items ?? [];
    expect(after.map((item, at) => item === before[at])).toEqual([true, true, false, true, true]);
    expect(after[2]).toMatchObject({ seq: 3, body: { text: "new" }, edited: 6 });
  });

  it("shows what was deleted while we were away as gone, its edits and reactions too", () => {
    const timeline = make();
    timeline.open(page(1, 2, 2));
    const { body, ...bare } = row(3);
    const events: EventRow[] = [
      { ...bare, deleted: true },
      react(4, 3, "you"),
      { ...bare, seq: 5, type: "edit", re: 3, deleted: true },
      { ...bare, seq: 6, type: "edit", re: 2, deleted: true },
      row(7, { re: 2, deleted: true }),
      row(8, { type: "delete", re: 3 }),
      row(9, { type: "delete", re: 2 }),
      row(10, { type: "delete", re: 2 }),
    ];
    timeline.extend(page(3, 10, 10, { events }));
    const gone = { body: {}, deleted: true, reactions: [] };
    expect(timeline.newest?.items).toMatchObject([
      { seq: 1 },
      { seq: 2, ...gone, replies: 1 },
      { seq: 3, ...gone },
      { seq: 7, ...gone },
    ]);
    expect(timeline.newest?.items[1]).not.toHaveProperty("edited");
    expect(timeline.newest?.items[0]).not.toHaveProperty("deleted");
  });

  it("makes an island and the newest one when they meet, without a hole or a double", () => {
    const timeline = make();
    timeline.open(page(91, 100, 100, { more: true }));
    const newest = timeline.newest as Stretch;
    const island = timeline.read(page(41, 60, 100, { more: true }), null) as Stretch;
    expect([island === newest, timeline.has(island), island.hasOlder]).toEqual([false, true, true]);
    expect(timeline.read(page(55, 75, 100, { more: true }), island)).toBe(island);
    expect(seqsOf(island)).toEqual(upTo(75, 41));
    timeline.insert("e1", row(101));
    expect(island.to).toBe(75);
    expect(timeline.read(page(70, 95, 101, { more: true }), island)).toBe(newest);
    expect([seqsOf(newest), newest.from, newest.to]).toEqual([upTo(101, 41), 41, 101]);
    expect([timeline.has(island), timeline.has(newest)]).toEqual([false, true]);
  });

  it("meets the newest when that has come down to an island", () => {
    const timeline = make();
    timeline.open(page(91, 100, 100, { more: true }));
    const newest = timeline.newest as Stretch;
    const island = timeline.read(page(41, 60, 100, { more: true }), null) as Stretch;
    expect(timeline.meet(island)).toBe(island);
    timeline.read(page(61, 90, 100, { more: true }), newest);
    expect(timeline.meet(island)).toBe(newest);
    expect(seqsOf(newest)).toEqual(upTo(100, 41));
  });

  it("keeps islands up to a bound: the oldest that nobody watches makes room", () => {
    const timeline = make();
    timeline.open(page(91, 100, 100, { more: true }));
    const at = (from: number) => timeline.read(page(from, from + 2, 100, { more: true }), null);
    const islands = [10, 20, 30].map(at) as Stretch[];
    expect(at(40)).toMatchObject({ code: "too_large" });
    for (const island of islands.slice(1)) island.watched = false;
    const fourth = at(40) as Stretch;
    expect(islands.map((island) => timeline.has(island))).toEqual([true, false, true]);
    expect(timeline.has(fourth)).toBe(true);
    timeline.letGo();
    expect([fourth, ...islands].some((island) => timeline.has(island))).toBe(false);
  });

  it("jumps where it is far behind, and lets go of what lacks what happened between", () => {
    const timeline = make();
    timeline.open(page(1, 50, 50));
    const island = timeline.read(page(1, 0, 50, { events: [] }), null, 7) as Stretch;
    timeline.reaches("e1", 5_000);
    timeline.insert("e1", row(5_001));
    expect([timeline.behind, timeline.gap]).toEqual([4_951, { from: 51, to: 5_000 }]);
    expect(seqs(timeline.open(page(4_951, 5_000, 5_000, { more: true })))).toEqual(upTo(5_001, 4_951));
    expect([shown(timeline).at(0), shown(timeline).at(-1), timeline.newest?.hasOlder]).toEqual([4_951, 5_001, true]);
    expect([timeline.has(island), timeline.gap, timeline.behind]).toEqual([false, null, 0]);
  });

  it("begins with what was stored, as of its cursor, and not once something was read", () => {
    const stored = { c: "c1", epoch: "e1", last: 9, floor: 5, hasOlder: true, rows: [row(5), row(7, { edited: 8 })] };
    const timeline = make();
    timeline.insert("e1", row(10));
    timeline.restore(stored);
    expect([shown(timeline), timeline.cursor]).toEqual([[5, 7, 10], { epoch: "e1", seq: 10 }]);
    timeline.restore({ ...stored, last: 99 });
    expect(timeline.cursor).toEqual({ epoch: "e1", seq: 10 });
    const other = make();
    other.reaches("e2", 3);
    other.restore(stored);
    expect(other.cursor).toBe(null);
  });

  describe("erasure of a user", () => {
    const erasure = (seq: number, erased = "you"): EventRow =>
      row(seq, { type: "meta", from: "admin", body: { erased } });
    const bodies = ({ items }: Stretch): unknown[] =>
      items.map((item) => (item.kind === "message" ? (item.deleted ? "gone" : item.body["text"]) : item.type));

    it("takes the bodies of that user's messages away, wherever they are shown, and no one else's", () => {
      const timeline = make();
      timeline.open(page(50, 52, 52, { more: true }));
      const apart = timeline.read(page(10, 12, 52, { more: true }), null) as Stretch;
      timeline.insert("e1", row(53, { from: "eve" }));
      timeline.insert("e1", erasure(54));
      expect(bodies(apart)).toEqual(["gone", "gone", "gone"]);
      expect(bodies(timeline.newest as Stretch)).toEqual(["gone", "gone", "gone", 53, "meta"]);
      timeline.insert("e1", row(55));
      expect(bodies(timeline.newest as Stretch).at(-1)).toBe(55);
    });

    it("does the same to a page that was read before it and comes after it, and nothing to one read after it", () => {
      const timeline = make();
      timeline.open(page(50, 52, 52, { more: true }));
      timeline.insert("e1", erasure(53));
      expect(bodies(timeline.read(page(10, 11, 52, { more: true }), null) as Stretch)).toEqual(["gone", "gone"]);
      // as of a head above it: the gateway has seen to it, and these are newer
      expect(bodies(timeline.read(page(20, 21, 53, { more: true }), null) as Stretch)).toEqual([20, 21]);
    });

    it("takes the reactions away that the user was heard to have", () => {
      const timeline = make();
      timeline.open(page(1, 2, 2));
      const rows = [react(3, 1, "eve"), react(4, 1, "you"), react(5, 2, "you"), react(6, 2, "you", false)];
      for (const each of rows) timeline.insert("e1", each);
      timeline.insert("e1", erasure(7, "eve"));
      const newest = timeline.newest as Stretch;
      expect([counts(newest, 1), counts(newest, 2)]).toEqual([[["👍", 1]], []]);
      timeline.insert("e1", react(8, 1, "eve", false));
      expect(counts(newest, 1)).toEqual([["👍", 1]]);
    });

    it("is made up for by what was stored before it", () => {
      const timeline = make();
      const rows = [row(1), row(2, { from: "eve" })];
      timeline.restore({ c: "c1", epoch: "e1", last: 2, floor: 1, hasOlder: false, rows });
      timeline.extend(page(3, 3, 3, { events: [erasure(3)] }));
      expect(bodies(timeline.newest as Stretch)).toEqual(["gone", 2, "meta"]);
    });
  });
});
