import { describe, expect, it } from "vitest";
import { MemoryMembers } from "./memory-members.ts";
import { tallyOf } from "./tally-of.ts";

/** Members of a conversation, by user: delivered and read; who is null has left. */
function members(marks: Readonly<Record<string, readonly [delivered: number, read: number] | null>>): MemoryMembers {
  const all = new MemoryMembers(
    Object.keys(marks).map((user) => [user, "member"]),
    0,
  );
  for (const [user, mark] of Object.entries(marks)) {
    if (mark === null) all.apply([[user, null]], { seq: 9, ord: 0 }, 0);
    else Object.assign(all.get(user) ?? {}, { delivered: mark[0], read: mark[1] });
  }
  return all;
}

describe("tallyOf", () => {
  it("counts whose watermark is at each message or above, but not its author nor who has left", () => {
    const messages = [
      { seq: 3, from: "alice" },
      { seq: 5, from: "bob" },
      { seq: 6, from: "host" },
      { seq: 9, from: "dave" },
    ];
    const there = members({ alice: [9, 9], bob: [6, 2], carol: [5, 4], dave: null });
    expect(tallyOf(messages, there)).toEqual([
      [3, 2, 1],
      [5, 2, 1],
      [6, 2, 1],
      [9, 1, 1],
    ]);
  });

  it("gives nothing for no messages, and nobody for no members", () => {
    expect(tallyOf([], members({ alice: [3, 3] }))).toEqual([]);
    expect(tallyOf([{ seq: 3, from: "alice" }], members({}))).toEqual([[3, 0, 0]]);
  });
});
