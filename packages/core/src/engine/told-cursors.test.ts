import { describe, expect, it } from "vitest";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { takeToldCursors } from "./told-cursors.ts";

async function house() {
  const store = memoryStore();
  await store.open();
  await store.create(conversation("c1"));
  await store.append(Array.from({ length: 9 }, () => message("c1", "alice", "hi")));
  const raised: (readonly [string, string, number])[] = [];
  return {
    raised,
    logger: silentLogger,
    watermarks: { delivered: (user: string, c: string, seq: number) => void raised.push([user, c, seq]) },
    accessMany: (user: string, conversations: readonly string[]) =>
      store.access(conversations.map((c) => ({ user, conversation: c }))),
  };
}

describe("takeToldCursors", () => {
  it("S14: keeps nothing of conversations that are not the user's", async () => {
    const given = await house();
    const foreign = Array.from({ length: 1_000 }, (_, index) => [`foreign${index}`, 5] as const);
    await takeToldCursors(given, "bob", [...foreign, ["c1", 5], ["c1", 7], ["c1", 6]]);
    await takeToldCursors(given, "mallory", [["c1", 9]]);
    expect(given.raised).toEqual([["bob", "c1", 7]]);
  });

  it("keeps nothing that is known already", async () => {
    const given = await house();
    await takeToldCursors(given, "bob", [["c1", 0]]);
    expect(given.raised).toEqual([]);
  });

  it("I14, S14: holds what a store that fails cannot check, and of much only a little", async () => {
    const given = { ...(await house()), accessMany: () => Promise.reject(new Error("gone")) };
    await takeToldCursors(given, "bob", [
      ["c1", 5],
      ["c1", 4],
    ]);
    expect(given.raised).toEqual([["bob", "c1", 5]]);
    await takeToldCursors(
      given,
      "mallory",
      Array.from({ length: 1_000 }, (_, index) => [`foreign${index}`, 5] as const),
    );
    expect(given.raised.length).toBe(1 + 16);
  });
});
