import type { Runner } from "../runner.ts";
import type { MessageStoreCapabilities, WithStore } from "./adapter-under-test.ts";
import { accessOf, appendEvent, changeMembers, conversation, logOf, message, outcomeOf } from "./entries.ts";

/** What is there when the storage is opened again: everything, or nothing at all. */
export function reopenCases(
  { describe, it, expect }: Runner,
  withStore: WithStore,
  { survivesReopen, durability }: MessageStoreCapabilities,
): void {
  describe("opened again", () => {
    it(
      `says ${durability} of itself`,
      withStore(async (store) => {
        expect(store.durability).toBe(durability);
      }),
    );

    if (!survivesReopen) {
      it(
        "it has forgotten everything, keys and settings too",
        withStore(async (store, { reopen }) => {
          await store.create(conversation("c1"));
          const { cursor } = await store.inbox("alice", null, 10);
          await store.setting("secret", () => "old");
          await store.close();
          const again = reopen();
          await again.open();
          expect(await again.range({ conversation: "c1", after: 0, from: "oldest", rows: 1, bytes: 1 })).toBe(null);
          expect(await again.setting("secret", () => "new")).toBe("new");
          expect((await again.create(conversation("c1", { creator: "bob" }))).kind).toBe("created");
          // A cursor of the life before does not hide what is new.
          const page = await again.inbox("alice", cursor, 10);
          expect([page.rows.map(({ c }) => c), page.reset]).toEqual([["c1"], true]);
          await again.close();
        }),
      );
      return;
    }

    it(
      "I1 I4 I5: it has every log, key, membership, cursor and setting, and numbers on",
      withStore(async (store, { reopen }) => {
        await store.create(conversation("c1", { title: "Lunch", meta: { n: 1 } }));
        const { row } = await appendEvent(store, message("c1", "alice", "anybody?"));
        const entry = message("c1", "bob", "hi", { re: row.seq, mentions: ["alice"] });
        await appendEvent(store, entry);
        const { cursor } = await store.inbox("bob", null, 10);
        await changeMembers(store, "c1", "alice", [["carol", "admin"]]);
        await store.setting("secret", () => "kept");
        const before = await Promise.all([
          logOf(store, "c1"),
          accessOf(store, "bob", "c1"),
          store.row("carol", "c1"),
          store.members("c1", null, 10),
        ]);
        await store.close();
        const again = reopen();
        await again.open();
        const after = await Promise.all([
          logOf(again, "c1"),
          accessOf(again, "bob", "c1"),
          again.row("carol", "c1"),
          again.members("c1", null, 10),
        ]);
        expect(after).toEqual(before);
        expect(await outcomeOf(again, entry)).toBe("duplicate");
        expect(await again.setting("secret", () => "new")).toBe("kept");
        const page = await again.inbox("bob", cursor, 10);
        expect([page.rows.map(({ c }) => c), page.reset]).toEqual([["c1"], false]);
        expect((await again.inbox("bob", page.cursor, 10)).rows).toEqual([]);
        expect((await appendEvent(again, message("c1", "bob", "on"))).row.seq).toBe(5);
        await again.close();
      }),
    );

    it(
      "close waits for what is in hand",
      withStore(async (store, { reopen }) => {
        await store.create(conversation("c1"));
        const appends = Array.from({ length: 30 }, (_, n) => store.append([message("c1", "alice", `${n}`)]));
        await store.close();
        const results = (await Promise.all(appends)).flat();
        const again = reopen();
        await again.open();
        const { rows } = await logOf(again, "c1");
        expect(rows.slice(1)).toEqual(results.map((result) => result.kind === "event" && result.row));
        await again.close();
      }),
    );
  });
}
