import type { ClientFrame, InboxRow } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { Changes } from "../changes.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { OwnMarks } from "./own-marks.ts";

function make() {
  const clock = new ManualClock();
  const told: ClientFrame[] = [];
  const gateway = { open: true, want: () => {} };
  const known = { epoch: "e1", head: 90, read: 0, marked: false };
  const shown: unknown[] = [];
  const marks = new OwnMarks({
    ...{ clock, random: new SeededRandom(1), changes: new Changes(), gateway, known: () => known },
    tell: (frame) => told.push(frame),
    onRead: (c, seq) => shown.push([c, seq]),
    onMark: (c, on) => shown.push([c, on]),
  });
  const again = (): void => {
    marks.lost();
    told.length = 0;
    gateway.open = true;
    marks.welcomed();
  };
  return { clock, told, gateway, known, shown, marks, again };
}
const row = (read: number, marked = false): InboxRow => ({
  ...{
    c: "c1",
    kind: "group",
    mode: "push",
    epoch: "e1",
    head: 90,
    ord: 90,
    delivered: 90,
    read,
    unread: 0,
    mentions: 0,
  },
  ...{ role: "member", title: null, meta: null, mute: false, last: null },
  ...(marked && { marked }),
});

describe("OwnMarks", () => {
  it("I14, I19: tells no more of what was read in a life of the log that is over, and all of what is read in the next", () => {
    const { told, known, marks, again } = make();
    marks.markRead("c1", 82);
    marks.markUnread("c2", true);
    known.epoch = "e2";
    again();
    expect(told).toEqual([{ t: "unread", c: "c2", on: true }]);
    expect(marks.unshown({ ...row(75), epoch: "e2" })?.read).toBe(0);
    marks.markRead("c1", 82);
    again();
    expect(told).toContainEqual({ t: "read", c: "c1", seq: 82 });
  });

  it("tells at most one `read` of a conversation each 250 ms, the latest", async () => {
    const { clock, told, marks } = make();
    for (let seq = 1; seq <= 10; seq++) marks.markRead("c1", seq);
    marks.markRead("c2", 3);
    expect(told).toEqual([{ t: "read", c: "c1", seq: 1 }]);
    await clock.advance(250);
    expect(told.slice(1)).toEqual([
      { t: "read", c: "c1", seq: 10 },
      { t: "read", c: "c2", seq: 3 },
    ]);
    marks.markRead("c1", 9);
    await clock.advance(5_000);
    expect([told.length, clock.pending]).toEqual([3, 0]);
  });

  it("tells what was marked offline, and tells it again on each session until the gateway shows it", async () => {
    const { told, gateway, marks, again } = make();
    gateway.open = false;
    marks.markRead("c1", 42);
    expect(told).toEqual([]);
    again();
    expect(told).toEqual([{ t: "read", c: "c1", seq: 42 }]);
    marks.shown("c1", 41, null);
    again();
    expect(told.length).toBe(1);
    marks.shown("c1", 42, null);
    again();
    expect(told).toEqual([]);
  });

  it("sets and clears the unread mark, which a `read` clears as well", async () => {
    const { clock, told, known, marks, again } = make();
    marks.markUnread("c1", true);
    await clock.advance(250);
    marks.markUnread("c1", false);
    await clock.advance(250);
    expect(told).toEqual([
      { t: "unread", c: "c1", on: true },
      { t: "unread", c: "c1", on: false },
    ]);
    marks.markUnread("c1", true);
    known.marked = true;
    marks.markRead("c1", 5);
    known.marked = false;
    await clock.advance(250);
    expect(told.slice(2)).toEqual([
      { t: "unread", c: "c1", on: true },
      { t: "read", c: "c1", seq: 5 },
    ]);
    // a row of before shows neither
    expect(marks.unshown(row(5, true))).toEqual({ epoch: "e1", read: 5, marked: false });
    marks.shown("c1", 5, null);
    again();
    expect(told).toEqual([{ t: "read", c: "c1", seq: 5 }]);
    expect(marks.unshown(row(5))).toBe(undefined);
    again();
    expect(told).toEqual([]);
  });

  it("reads no further than what is here, all of it by default, and nothing twice", async () => {
    const { clock, told, known, shown, marks } = make();
    known.head = 0;
    marks.markRead("c1");
    for (const seq of [0, -1, 1.5, Number.NaN]) marks.markRead("c1", seq);
    expect([told, shown]).toEqual([[], []]);
    known.head = 42;
    marks.markRead("c1");
    known.read = 42;
    marks.markRead("c1");
    marks.markRead("c1", 99);
    await clock.advance(1_000);
    expect([told, shown]).toEqual([[{ t: "read", c: "c1", seq: 42 }], [["c1", 42]]]);
    known.marked = true;
    marks.markRead("c1", 7);
    await clock.advance(1_000);
    expect([told.at(-1), shown.at(-1)]).toEqual([{ t: "read", c: "c1", seq: 42 }, ["c1", 7]]);
  });

  it("a mark set behind a read is told behind it", async () => {
    const { told, gateway, marks, again } = make();
    gateway.open = false;
    marks.markRead("c1", 5);
    marks.markUnread("c1", true);
    again();
    expect(told).toEqual([
      { t: "read", c: "c1", seq: 5 },
      { t: "unread", c: "c1", on: true },
    ]);
    expect(marks.unshown(row(5))).toEqual({ epoch: "e1", read: 5, marked: true });
    expect(marks.unshown(row(6, true))).toBe(undefined);
  });

  it("gives up what is refused, and tells again after `retry` what may be told later", async () => {
    const { clock, told, marks, again } = make();
    marks.markRead("c1", 5);
    marks.refused({ t: "error", id: "m1", c: "c1", code: "forbidden", message: "" });
    marks.refused({ t: "error", re: "read", c: "c9", code: "not_found", message: "" });
    marks.refused({ t: "error", re: "read", c: "c1", code: "rate_limited", message: "", retry: 2_000 });
    await clock.advance(1_999);
    expect(told.length).toBe(1);
    await clock.advance(2_000);
    expect(told.length).toBe(2);
    marks.refused({ t: "error", re: "read", c: "c1", code: "not_found", message: "" });
    again();
    expect([told, clock.pending]).toEqual([[], 0]);
  });

  it("keeps 1,000 that are not shown; beyond it lets go of the oldest", () => {
    const { told, gateway, marks, again } = make();
    gateway.open = false;
    for (let at = 0; at <= 1_000; at++) marks.markRead(`c${at}`, 1);
    again();
    expect([told.length, told[0]]).toEqual([1_000, { t: "read", c: "c1", seq: 1 }]);
  });

  it("tells nothing of another user's", async () => {
    const { clock, told, marks, again } = make();
    marks.markRead("c1", 5);
    marks.markRead("c1", 6);
    marks.forget();
    again();
    await clock.advance(1_000);
    expect([told, clock.pending]).toEqual([[], 0]);
  });
});
