import type { Message, Notice } from "@earshot/client";
import { describe, expect, it } from "vitest";
import { linesOf } from "./lines.ts";

const NOON = new Date(2026, 10, 20, 12).getTime();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function message(seq: number, from: string, at: number): Message {
  const about = { kind: "message", key: `k${seq}`, id: `i${seq}`, conversation: "c", body: {} } as const;
  return { ...about, seq, from, at, status: "sent", own: from === "me" };
}

function notice(seq: number, at: number): Notice {
  return { kind: "notice", key: `k${seq}`, conversation: "c", seq, from: "me", at, type: "member", body: {} };
}

describe("linesOf", () => {
  it("opens each day with a line that names it", () => {
    const items = [message(1, "a", NOON - DAY), message(2, "a", NOON), message(3, "b", NOON)];
    const lines = linesOf({ items, holes: [] }, NOON);
    expect(lines.map((line) => (line.kind === "day" ? line.text : line.key))).toEqual([
      "Yesterday",
      "k1",
      "Today",
      "k2",
      "k3",
    ]);
  });

  it("names the author once for messages that follow closely", () => {
    const items = [
      message(1, "a", NOON),
      message(2, "a", NOON + MINUTE),
      message(3, "a", NOON + 10 * MINUTE),
      message(4, "me", NOON + 10 * MINUTE),
      notice(5, NOON + 10 * MINUTE),
      message(6, "me", NOON + 10 * MINUTE),
    ];
    const opens = linesOf({ items, holes: [] }, NOON).map((line) => line.kind === "message" && line.opensRun);
    expect(opens).toEqual([false, true, false, true, true, false, true]);
  });

  it("an own message of which the author is not known yet continues an own run", () => {
    const pending: Message = { ...message(2, "", NOON), seq: null, own: true, status: "pending" };
    const lines = linesOf({ items: [message(1, "me", NOON), pending], holes: [] }, NOON);
    expect(lines.at(-1)).toMatchObject({ kind: "message", opensRun: false });
  });

  it("marks where something is missing, and gives every line a key of its own", () => {
    const items = [message(1, "a", NOON), message(5, "a", NOON), message(9, "a", NOON)];
    const holes = [
      { from: 2, to: 4 },
      { from: 6, to: 8 },
    ];
    const lines = linesOf({ items, holes }, NOON);
    expect(lines.map(({ kind }) => kind)).toEqual(["day", "message", "hole", "message", "hole", "message"]);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length);
  });
});
