import { setImmediate as endOfTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { MessageStore } from "../ports/message-store.ts";
import { appendEvent, conversation, deletion, edit, message } from "../testing/conformance/message-store/entries.ts";
import { memoryStore } from "./memory-message-store.ts";

/** Frees what nothing holds any more. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  // What a WeakRef was asked for is held until the turn ends.
  await endOfTurn();
  collect();
}

/** The rows of a message and of its edit, as the store keeps them, held weakly. */
async function sayAndEdit(store: MessageStore, text: string, c = "c1"): Promise<readonly WeakRef<object>[]> {
  const { row } = await appendEvent(store, message(c, "alice", text, { mentions: "all" }));
  const edited = await appendEvent(store, edit(c, "alice", row.seq, `${text} again`));
  return [row, edited.row].map((each) => new WeakRef(each.body ?? {}));
}

describe("memoryStore", () => {
  it("keeps the content of what was deleted, expired or erased, and of a conversation that was removed, nowhere in memory", async () => {
    const store = memoryStore();
    await store.open();
    await store.create(conversation("c1"));
    await store.raise([{ user: "bob", conversation: "c1", read: 1 }]);
    const bodies: Awaited<ReturnType<typeof sayAndEdit>>[] = [];
    for (const text of ["one", "two", "three", "four"]) bodies.push(await sayAndEdit(store, text));
    const held = () => bodies.map((each) => each.map((body) => body.deref() !== undefined));
    const isLeft = [true, true];
    const isGone = [false, false];
    await collectGarbage();
    expect(held()).toEqual([isLeft, isLeft, isLeft, isLeft]);
    await appendEvent(store, deletion("c1", "alice", 4));
    await collectGarbage();
    expect(held()).toEqual([isLeft, isGone, isLeft, isLeft]);
    await store.expire("c1", { messages: 3 }, 100);
    await collectGarbage();
    expect(held()).toEqual([[false, false], isGone, isLeft, isLeft]);
    await appendEvent(store, message("c1", "host", "by the host", { system: true }));
    await store.remove("c1", "alice", ["owner"]);
    await collectGarbage();
    expect(held()).toEqual([isGone, isGone, isGone, isGone]);
    await store.create(conversation("c2"));
    bodies.push(await sayAndEdit(store, "five", "c2"));
    await store.erase("alice", "c2");
    await collectGarbage();
    expect(held()).toEqual([isGone, isGone, isGone, isGone, isGone]);
    await store.close();
  });
});
