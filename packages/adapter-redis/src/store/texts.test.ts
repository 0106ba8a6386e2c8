import { describe, expect, it } from "vitest";
import { eventRow, eventTail, rowOf } from "./event-text.ts";
import { conversationRecord, memberRecord, spansOf } from "./records.ts";

describe("events as texts", () => {
  it("have a line for each field, whatever stands in them", () => {
    const body = { text: "two\nlines \u2028 and \u0000", list: [] };
    const entry: Parameters<typeof eventTail>[0] = {
      type: "message",
      at: 5,
      user: "a|b@c",
      key: { id: "k1", hash: "h" },
      re: 3,
      slot: "a slot\n",
      mentions: ["bob"],
      body,
    };
    const text = `7\n1800000000000000\n${eventTail(entry)}`;
    expect(text.split("\n").length).toBe(11);
    expect(eventRow(9, text)).toEqual({
      ...{ seq: 9, ord: 7, type: "message", id: "k1", from: "a|b@c", at: 5, body, re: 3 },
      ...{ mentions: ["bob"], slot: "a slot\n" },
    });
  });

  it("leave out what was not given", () => {
    const text = `0\n\n${eventTail({ type: "x-ping", at: 5, user: "alice" })}`;
    expect(eventRow(1, text)).toEqual({ seq: 1, ord: 0, type: "x-ping", from: "alice", at: 5 });
  });

  it("stand as they are now: with the last edit, reactions of any key, and replies", () => {
    const event = `1\n\n${eventTail({ type: "message", at: 5, user: "alice", body: { text: "old" } })}`;
    const edit = `1\n\n${eventTail({ type: "edit", at: 6, user: "alice", re: 2, body: { text: "new" } })}`;
    const reactions = `2 1 ${JSON.stringify("👍\u2028 1")}\n1 0 ""`;
    expect(rowOf(["2", event, "4", edit, reactions, 3])).toEqual({
      ...{ seq: 2, ord: 1, type: "message", from: "alice", at: 5, body: { text: "new" }, edited: 4, replies: 3 },
      reactions: [
        ["👍\u2028 1", 2, true],
        ["", 1, false],
      ],
    });
  });
});

describe("records as texts", () => {
  const seldom = "e1 - push 4 1000 3 1 12 5 1 0 group 0";

  it("I12: name another epoch once their bucket is in another life", () => {
    const first = conversationRecord("9 6 1800000000000000", seldom, { at: 1, life: "" });
    expect(first).toEqual({
      ...{ epoch: "e1", head: 9, ord: 6, first: 3, members: 12, membersVersion: 4, settingsVersion: 5, slow: 1000 },
      ...{ mode: "push", open: true, wholeHistory: false, kind: "group" },
    });
    const later = conversationRecord("9 6 1800000000000000", seldom, { at: 1, life: "c0ffee" });
    expect(later).toEqual({ ...first, epoch: "e1~c0ffee" });
    const made = conversationRecord("9 6 1", seldom.replace(" - ", " c0ffee "), { at: 1, life: "c0ffee" });
    expect(made.epoch).toBe("e1");
  });

  it("I17: give a member the stays that are kept, and who only wrote here none", () => {
    const member = memberRecord("2 8 7 5 0 6 1800000000000000 1 1700000000000 2-4,5-5");
    expect(member).toMatchObject({ role: "member", delivered: 8, read: 7, readOrd: 5, since: 6, marked: true });
    expect(member.mute).toBe(1_700_000_000_000);
    expect(spansOf(member, { wholeHistory: false, first: 3 })).toEqual([
      [3, 4],
      [5, 5],
      [6, null],
    ]);
    expect(spansOf(member, { wholeHistory: true, first: 3 })).toEqual([[3, null]]);
    const writer = memberRecord("- 0 0 0 0 0 0 0 - ");
    expect([writer.role, writer.mute, spansOf(writer, { wholeHistory: true, first: 1 })]).toEqual([null, false, []]);
  });
});
