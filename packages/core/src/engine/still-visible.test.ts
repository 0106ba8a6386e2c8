import { describe, expect, it } from "vitest";
import type { MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { stillVisible } from "./still-visible.ts";

/** `c1` of alice, bob, carol and dave; what was asked about blocks. */
async function scene() {
  const store = memoryStore();
  await store.open();
  await store.create({
    id: "c1",
    kind: "group",
    mode: "push",
    epoch: "e1",
    creator: "alice",
    at: 1,
    title: null,
    meta: null,
    open: false,
    wholeHistory: false,
    members: ["alice", "bob", "carol", "dave"].map((user) => [user, "member"] as const),
    first: [{ type: "meta", body: {} }],
  });
  const asked: [string, readonly string[]][] = [];
  const counted: Pick<MessageStore, "access" | "blocked"> = {
    access: (pairs) => store.access(pairs),
    blocked: (user, others) => {
      asked.push([user, others]);
      return store.blocked(user, others);
    },
  };
  const see = (...pairs: (readonly [viewer: string, user: string])[]) =>
    stillVisible(
      { store: counted },
      pairs.map(([viewer, user]) => ({ viewer, user, c: "c1" })),
    );
  return { store, asked, see };
}

describe("stillVisible", () => {
  it("I18: is true of members who have not blocked each other, in either direction, in the order asked", async () => {
    const { store, see } = await scene();
    await store.block("carol", "alice", true);
    expect(
      await see(
        ["alice", "bob"],
        ["alice", "carol"],
        ["carol", "alice"],
        ["bob", "carol"],
        ["alice", "stranger"],
        ["stranger", "alice"],
      ),
    ).toEqual([true, false, false, true, false, false]);
  });

  it("asks once for each viewer, or for each user, whichever are fewer, and nothing of who is no member", async () => {
    const { asked, see } = await scene();
    await see(["alice", "bob"], ["alice", "carol"], ["alice", "dave"]);
    expect(asked.splice(0)).toEqual([["alice", ["bob", "carol", "dave"]]]);
    await see(["bob", "alice"], ["carol", "alice"], ["dave", "alice"], ["alice", "alice"], ["stranger", "alice"]);
    expect(asked.splice(0)).toEqual([["alice", ["bob", "carol", "dave"]]]);
  });
});
