import type { Message, Notice } from "@earshot/client";
import { describe, expect, it } from "vitest";
import { type LineScene, lineOf } from "./line.ts";

const NOON = new Date(2026, 4, 5, 12).getTime();
const MINUTE = 60_000;

const scene: LineScene = {
  holes: [],
  unreadFrom: null,
  hasOlder: false,
  pinned: [],
  thread: null,
  now: NOON,
  find: () => null,
};

function message(seq: number | null, from = "bob", at = NOON, more: Partial<Message> = {}): Message {
  const fixed = { kind: "message", key: `k${seq}`, id: `m${seq}`, conversation: "c", body: { text: "hi" } } as const;
  return { ...fixed, seq, from, at, reactions: [], replies: 0, status: "sent", own: from === "me", ...more };
}

const notice: Notice = {
  kind: "notice",
  key: "n",
  conversation: "c",
  seq: 2,
  from: "bob",
  at: NOON,
  type: "meta",
  body: {},
};

describe("lineOf", () => {
  it("names the day above the first item, and above each that begins another", () => {
    expect(lineOf(message(1), undefined, scene).day).toBe("Today");
    expect(lineOf(message(2), message(1), scene).day).toBeNull();
    expect(lineOf(message(2), message(1, "bob", NOON - 24 * 60 * MINUTE), scene).day).toBe("Today");
  });

  it("names the author once for messages that follow closely", () => {
    const opens = (item: Message, before: Message | Notice) => lineOf(item, before, scene).opensRun;
    expect(opens(message(2), message(1, "bob", NOON - MINUTE))).toBe(false);
    expect(opens(message(2), message(1, "bob", NOON - 6 * MINUTE))).toBe(true);
    expect(opens(message(2), message(1, "eve"))).toBe(true);
    expect(opens(message(3), notice)).toBe(true);
    // an own pending one may not know its author yet
    expect(opens(message(null, "", NOON, { own: true }), message(1, "me"))).toBe(false);
  });

  it("draws the unread line above the first item from that seq on, whatever kind of event stood there", () => {
    const unread = (item: Message, before: Message | undefined, hasOlder = false) =>
      lineOf(item, before, { ...scene, unreadFrom: 5, hasOlder }).unread;
    expect(unread(message(5), message(4))).toBe(true);
    expect(unread(message(7), message(4))).toBe(true);
    expect(unread(message(7), message(5))).toBe(false);
    expect(unread(message(null), message(4))).toBe(false);
    expect(unread(message(7), undefined)).toBe(true);
    expect(unread(message(7), undefined, true)).toBe(false);
  });

  it("says where messages are missing, also above own ones that are not sent", () => {
    const hole = (item: Message, before: Message) =>
      lineOf(item, before, { ...scene, holes: [{ from: 5, to: 6 }] }).hole;
    expect(hole(message(7), message(4))).toBe(true);
    expect(hole(message(4), message(3))).toBe(false);
    expect(hole(message(8), message(7))).toBe(false);
    expect(hole(message(null), message(4))).toBe(true);
    expect(hole(message(null), message(null))).toBe(false);
  });

  it("quotes what a reply is about, but not in its own thread", () => {
    const target = message(1);
    const find = (seq: number) => (seq === 1 ? target : null);
    const quoted = (re: number | undefined, thread: number | null = null) =>
      lineOf(message(9, "bob", NOON, re === undefined ? {} : { re }), message(8), { ...scene, find, thread }).quoted;
    expect(quoted(undefined)).toBeUndefined();
    expect(quoted(1)).toBe(target);
    expect(quoted(3)).toBeNull();
    expect(quoted(1, 1)).toBeUndefined();
  });
});
