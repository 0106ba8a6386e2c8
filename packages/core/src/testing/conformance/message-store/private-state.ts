import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { AT, changeMembers, conversation, message, say } from "./entries.ts";
import { accessOf, logOf } from "./readings.ts";

/** What a member keeps for themselves: whether they are told, and whether they want to come back. */
export function privateStateCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const stateOf = async (store: MessageStore, user = "bob") => {
    const row = await store.row(user, "c1");
    return [row?.mute, row?.marked];
  };

  describe("a member's private state", () => {
    it(
      "is not muted and not marked at first; what is put stands, each by itself",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        expect(await stateOf(store)).toEqual([false, undefined]);
        expect("marked" in ((await store.row("bob", "c1")) ?? {})).toBe(false);
        const steps = [
          [{ mute: true }, true, undefined],
          [{ marked: true }, true, true],
          [{ mute: AT + 3_600_000 }, AT + 3_600_000, true],
          [{}, AT + 3_600_000, true],
          [{ mute: false }, false, true],
          [{ mute: true, marked: false }, true, undefined],
          [{ mute: false, marked: true }, false, true],
        ] as const;
        for (const [state, mute, marked] of steps) {
          expect(await store.put("bob", "c1", state), JSON.stringify(state)).toBe(true);
          expect(await stateOf(store), JSON.stringify(state)).toEqual([mute, marked]);
          expect((await store.inbox("bob", null, 10)).rows).toEqual([await store.row("bob", "c1")]);
        }
        expect(await stateOf(store, "alice")).toEqual([false, undefined]);
      }),
    );

    it(
      "is a member's alone: false for anybody else, and nothing is kept",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        expect(await store.put("mallory", "c1", { mute: true })).toBe(false);
        expect(await store.put("bob", "c9", { mute: true })).toBe(false);
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        expect(await store.put("bob", "c1", { mute: true, marked: true })).toBe(false);
        await changeMembers(store, "c1", "alice", [
          ["bob", "member"],
          ["mallory", "member"],
        ]);
        expect(await stateOf(store)).toEqual([false, undefined]);
        expect(await stateOf(store, "mallory")).toEqual([false, undefined]);
      }),
    );

    it(
      "ends with the stay: who comes back begins anew",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.put("bob", "c1", { mute: true, marked: true });
        await changeMembers(store, "c1", "alice", [["bob", "admin"]]);
        expect(await stateOf(store)).toEqual([true, true]);
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        await changeMembers(store, "c1", "alice", [["bob", "member"]]);
        expect(await stateOf(store)).toEqual([false, undefined]);
      }),
    );

    it(
      "changes a row of their own inbox, of nobody else's, and no log",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        const cursors = [(await store.inbox("bob", null, 10)).cursor, (await store.inbox("alice", null, 10)).cursor];
        for (const state of [{ mute: true }, { marked: true }, { mute: 5 }, { marked: false }]) {
          await store.put("bob", "c1", state);
          const page = await store.inbox("bob", cursors[0] ?? "", 10);
          expect(page.rows, JSON.stringify(state)).toEqual([await store.row("bob", "c1")]);
          cursors[0] = page.cursor;
        }
        expect((await store.inbox("alice", cursors[1] ?? "", 10)).rows).toEqual([]);
        expect((await logOf(store, "c1")).head).toBe(1);
      }),
    );

    it(
      "the mark goes with the next read, though nothing rises, and only with it",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", "one", "two");
        await store.raise([{ user: "bob", conversation: "c1", read: 3 }]);
        await store.put("bob", "c1", { marked: true, mute: true });
        const { cursor } = await store.inbox("bob", null, 10);
        await store.raise([{ user: "bob", conversation: "c1", delivered: 3 }]);
        expect(await stateOf(store)).toEqual([true, true]);
        expect((await store.inbox("bob", cursor, 10)).rows).toEqual([]);
        const [raised] = await store.raise([{ user: "bob", conversation: "c1", read: 2 }]);
        expect([raised?.rose, raised?.read]).toEqual([false, 3]);
        expect(await stateOf(store)).toEqual([true, undefined]);
        expect((await store.inbox("bob", cursor, 10)).rows).toEqual([await store.row("bob", "c1")]);
        // Writing is no reading: who marked it for later still finds it.
        await store.put("bob", "c1", { marked: true });
        await store.append([message("c1", "bob", "on my way")]);
        expect(await stateOf(store)).toEqual([true, true]);
        expect((await accessOf(store, "bob", "c1")).read).toBe(4);
      }),
    );
  });
}
