import type { EventRow, EventsFrame, PageRow } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Timeline } from "./timeline.ts";

const limits = { windowItemsMax: 1_000, heldEventsMax: 1_000 };
const make = (over: Partial<typeof limits> = {}) => new Timeline<EventRow>({ ...limits, ...over }, (row) => row);
const row = (seq: number, more: Partial<EventRow> = {}): EventRow => ({
  ...{ seq, ord: seq, type: "message", id: `m${seq}`, from: "you", at: 0, body: { text: seq } },
  ...more,
});
const page = (from: number, to: number, head: number, more: Partial<EventsFrame> = {}): EventsFrame => ({
  ...{ t: "events", c: "c1", epoch: "e1", head, from, to, more: false },
  events: Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => row(from + at)),
  ...more,
});
const seqs = (rows: readonly EventRow[]): number[] => rows.map(({ seq }) => seq);

describe("Timeline", () => {
  it("opens with the newest page, and holds what came before it", () => {
    const timeline = make();
    expect(timeline.insert("e1", row(11))).toEqual([]);
    expect(timeline.insert("e1", row(12))).toEqual([]);
    expect([timeline.cursor, timeline.gap]).toEqual([null, null]);
    expect(seqs(timeline.open(page(6, 10, 10, { more: true })))).toEqual([6, 7, 8, 9, 10, 11, 12]);
    expect(seqs(timeline.items)).toEqual([6, 7, 8, 9, 10, 11, 12]);
    expect([timeline.cursor, timeline.floor, timeline.hasOlder]).toEqual([{ epoch: "e1", seq: 12 }, 6, true]);
  });

  it("I8: drops what it has, whatever way it comes", () => {
    const timeline = make();
    timeline.open(page(1, 10, 10));
    expect(timeline.insert("e1", row(10))).toEqual([]);
    expect(timeline.insert("e1", row(3))).toEqual([]);
    expect(seqs(timeline.extend(page(8, 12, 12)))).toEqual([11, 12]);
    expect(timeline.open(page(1, 12, 12))).toEqual([]);
    expect(seqs(timeline.items)).toEqual(Array.from({ length: 12 }, (_, at) => at + 1));
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
    const timeline = new Timeline<EventRow>(limits, (each) => (each.type === "message" ? each : null));
    timeline.open(page(1, 2, 2));
    const events: PageRow[] = [{ type: "void", seq: 2, to: 5 }, row(6, { type: "x-poll" }), row(7)];
    expect(seqs(timeline.extend(page(3, 7, 7, { events })))).toEqual([6, 7]);
    expect(seqs(timeline.items)).toEqual([1, 2, 7]);
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

  it("prepends older pages, and nothing that does not touch what is here", () => {
    const timeline = make();
    timeline.open(page(11, 20, 20, { more: true }));
    timeline.prepend(page(1, 5, 20));
    expect(timeline.floor).toBe(11);
    timeline.prepend(page(6, 10, 20, { more: true }));
    timeline.prepend(page(6, 10, 20, { more: true }));
    timeline.prepend(page(1, 5, 20));
    expect(seqs(timeline.items)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(timeline.hasOlder).toBe(false);
  });

  it("I19: another epoch voids everything, wherever it is seen", () => {
    for (const see of [
      (timeline: Timeline<EventRow>) => timeline.insert("e2", row(3)),
      (timeline: Timeline<EventRow>) => timeline.reaches("e2", 3),
    ]) {
      const timeline = make();
      timeline.open(page(1, 9, 9));
      timeline.insert("e1", row(11));
      expect(timeline.isVoidedBy("e2")).toBe(true);
      see(timeline);
      expect([timeline.cursor, timeline.items, timeline.isVoidedBy("e2")]).toEqual([null, [], false]);
      expect(timeline.extend(page(1, 2, 2, { epoch: "e1" }))).toEqual([]);
      timeline.open(page(1, 3, 3, { epoch: "e2" }));
      expect([timeline.cursor, timeline.gap]).toEqual([{ epoch: "e2", seq: 3 }, null]);
    }
  });

  it("lets go of the oldest beyond its bound", () => {
    const timeline = make({ windowItemsMax: 10 });
    timeline.open(page(1, 8, 8));
    for (let seq = 9; seq <= 15; seq++) timeline.insert("e1", row(seq));
    expect(seqs(timeline.items)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect([timeline.floor, timeline.hasOlder, timeline.full]).toEqual([6, true, true]);
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
          expect(seqs(timeline.items)).toEqual(applied);
          if (timeline.cursor !== null && applied.length > 0) expect(timeline.cursor.seq).toBe(applied.at(-1));
        };
        for (const each of inputs) {
          if (each.by === "event") apply(timeline.insert("e1", row(each.seq)));
          else if (each.by === "page") {
            const to = Math.min(head, each.from + each.rows - 1);
            apply(timeline.extend(page(each.from, to, head)));
          } else if (each.by === "open") apply(timeline.open(page(Math.max(1, each.at - 4), each.at, each.at)));
          else timeline.reaches("e1", each.at);
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
});
