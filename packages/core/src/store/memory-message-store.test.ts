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
async function sayAndEdit(store: MessageStore, text: string): Promise<readonly WeakRef<object>[]> {
  const { row } = await appendEvent(store, message("c1", "alice", text, { mentions: "all" }));
  const edited = await appendEvent(store, edit("c1", "alice", row.seq, `${text} again`));
  return [row, edited.row].map((each) => new WeakRef(each.body ?? {}));
}

describe("memoryStore", () => {
  it("keeps the content of what was deleted, and of a conversation that was removed, nowhere in memory", async () => {
    const store = memoryStore();
    await store.open();
    await store.create(conversation("c1"));
    await store.raise([{ user: "bob", conversation: "c1", read: 1 }]);
    const bodies = [await sayAndEdit(store, "one"), await sayAndEdit(store, "two")];
    const held = () => bodies.map((each) => each.map((body) => body.deref() !== undefined));
    await collectGarbage();
    expect(held()).toEqual([
      [true, true],
      [true, true],
    ]);
    await appendEvent(store, deletion("c1", "alice", 2));
    await collectGarbage();
    expect(held()).toEqual([
      [false, false],
      [true, true],
    ]);
    await store.remove("c1", "alice", ["owner"]);
    await collectGarbage();
    expect(held()).toEqual([
      [false, false],
      [false, false],
    ]);
    await store.close();
  });
});
