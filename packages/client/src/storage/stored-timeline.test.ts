import type { EventRow, EventsFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { CLIENT_LIMITS } from "../options.ts";
import { Timeline } from "../timeline/timeline.ts";
import { windowItem } from "../window-item.ts";
import { storedTimeline } from "./stored-timeline.ts";

const row = (seq: number, more: Partial<EventRow> = {}): EventRow => ({
  ...{ seq, ord: seq, type: "message", id: `m${seq}`, from: "bob", at: seq, body: {}, ...more },
});

const make = (): Timeline =>
  new Timeline(
    CLIENT_LIMITS,
    (each) => windowItem(each, "c1", "me", { delivered: 0, read: 0 }),
    ({ from }) => from === "me",
  );

const page = (from: number, to: number, rows: readonly EventRow[]): EventsFrame => ({
  ...{ t: "events", c: "c1", epoch: "e1", head: to, from, to, events: rows, more: false },
});

describe("storedTimeline", () => {
  it("has the newest 200 items, in present state, as of the cursor", () => {
    const timeline = make();
    expect(storedTimeline("c1", timeline)).toBe(null);
    timeline.open(
      page(
        1,
        150,
        Array.from({ length: 150 }, (_, at) => row(at + 1)),
      ),
    );
    expect(storedTimeline("c1", timeline)).toMatchObject({
      c: "c1",
      epoch: "e1",
      last: 150,
      floor: 1,
      hasOlder: false,
    });
    for (let seq = 151; seq <= 210; seq++) timeline.insert("e1", row(seq));
    timeline.insert("e1", row(211, { type: "delete", re: 205 }));
    const stored = storedTimeline("c1", timeline);
    expect(stored).toMatchObject({ last: 211, floor: 11, hasOlder: true });
    expect(stored?.rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, at) => at + 11));
    expect(stored?.rows.find(({ seq }) => seq === 205)).toMatchObject({ deleted: true, body: {} });
  });

  it("gives back what a page would carry", () => {
    const rows = [
      row(1, { type: "meta", body: { title: "a" } }),
      row(2, { from: "me", mentions: ["bob"], edited: 3, reactions: [["+", 2, true]], replies: 1 }),
      row(4, { re: 2 }),
    ];
    const before = make();
    before.open(page(1, 4, rows));
    const stored = storedTimeline("c1", before);
    const after = make();
    if (stored !== null) after.restore(stored);
    expect(after.newest?.items).toEqual(before.newest?.items);
    expect(after.cursor).toEqual({ epoch: "e1", seq: 4 });
  });
});
