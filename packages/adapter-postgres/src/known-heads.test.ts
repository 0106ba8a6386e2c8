import type { Append } from "@earshot/core";
import { describe, expect, it } from "vitest";
import { BatchRows, type Head, placeOf } from "./batch-rows.ts";
import { AUTHORS_MAX, CONVERSATIONS_MAX, KnownHeads } from "./known-heads.ts";

function send(n: number, user = "alice"): Append {
  return {
    conversation: `c${n}`,
    user,
    at: 1,
    type: "message",
    body: {},
    key: { id: "m1", hash: "h" },
    by: ["member"],
  };
}

/** Rows of the conversation `c1`, `c2` … as a batch has left them. */
function rowsOf(n: number, users: readonly string[], head: Partial<Head> = {}): BatchRows {
  const rows = new BatchRows();
  const counts = { change: 1, first: 1, head: 5, ord: 4, lastMessage: 5, members: 2, membersVersion: 1, slow: 0 };
  const rest = { conversation: n, epoch: "e1", pair: null, mode: "push", stretch: 5 } as const;
  rows.heads.set(`c${n}`, { ...counts, ...rest, ...head });
  for (const user of users) {
    const marks = { since: 1, past: "[]", delivered: 0, read: 0, readOrd: 0, lastAt: 1, mute: null, marked: false };
    rows.members.set(placeOf(n, user), {
      ...{ conversation: n, user, rank: 2, ...marks, change: 0, unwritten: "marks", unnamedTo: 5 },
    });
  }
  return rows;
}

/** Keeps them as one that nobody else has written to. */
function keepAlone(known: KnownHeads, n: number, users: readonly string[]): void {
  known.keep(rowsOf(n, users), new Set([`c${n}`]));
}

describe("KnownHeads", () => {
  it("knows a conversation that stands as it was left, and nothing of it as written yet", () => {
    const known = new KnownHeads();
    known.keep(rowsOf(1, ["alice"]), known.unmoved(rowsOf(1, ["alice"])));
    expect(known.rowsFor([send(1)])).toBeNull();
    known.keep(rowsOf(1, ["alice"]), known.unmoved(rowsOf(1, ["alice"])));
    const rows = known.rowsFor([send(1), send(1)]);
    expect(rows?.heads.get("c1")).toMatchObject({ head: 5, stretch: null });
    expect(rows?.member(1, "alice")).toMatchObject({ unwritten: "nothing", unnamedTo: 0 });
    expect(known.rowsFor([send(1), send(1, "bob")])).toBeNull();
    known.forget(["c1"]);
    expect(known.rowsFor([send(1)])).toBeNull();
  });

  it("knows none that others write to as well, and none of two users, who may block each other", () => {
    const known = new KnownHeads();
    keepAlone(known, 1, ["alice"]);
    expect(known.unmoved(rowsOf(1, [], { head: 6 })).size).toBe(0);
    known.keep(rowsOf(1, ["alice"], { head: 7 }), new Set());
    expect(known.rowsFor([send(1)])).toBeNull();
    known.keep(rowsOf(2, ["alice"], { pair: "alice bob" }), new Set(["c2"]));
    expect(known.rowsFor([send(2)])).toBeNull();
  });

  it.each<Partial<Append>>([
    { lookup: true },
    { system: true },
    { re: 3 },
    { slot: "s" },
    { mentions: ["bob"] },
    { members: [["bob", null]], ifMembersVersion: 1 },
  ])("knows nothing of what depends on more: %j", (term) => {
    const known = new KnownHeads();
    keepAlone(known, 1, ["alice"]);
    expect(known.rowsFor([send(1)])).not.toBeNull();
    expect(known.rowsFor([{ ...send(1), ...term }])).toBeNull();
  });

  it("forgets what was unused for longest, beyond its bounds", () => {
    const known = new KnownHeads();
    for (let n = 1; n <= CONVERSATIONS_MAX + 1; n++) keepAlone(known, n, ["alice"]);
    expect(known.rowsFor([send(1)])).toBeNull();
    expect(known.rowsFor([send(2)])).not.toBeNull();
    const users = Array.from({ length: AUTHORS_MAX + 1 }, (_, n) => `u${n}`);
    keepAlone(known, 2, users);
    expect(known.rowsFor([send(2, "u0")])).toBeNull();
    expect(known.rowsFor([send(2, `u${AUTHORS_MAX}`)])).not.toBeNull();
  });
});
