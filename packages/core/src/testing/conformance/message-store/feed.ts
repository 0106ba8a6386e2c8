import { utf8Bytes } from "@earshot/protocol";
import { codeOf } from "../code-of.ts";
import type { Runner } from "../runner.ts";
import type { MessageStoreAdapter, WithStore } from "./adapter-under-test.ts";
import {
  appendEvent,
  changeMembers,
  changeSettings,
  conversation,
  deletion,
  edit,
  message,
  outcomeOf,
  reaction,
  say,
} from "./entries.ts";
import { feedOf, logOf, named, ROOM } from "./readings.ts";

/** What a follower of the whole store reads, one caller at a time. */
export function feedCases(
  { describe, it, expect }: Runner,
  withStore: WithStore,
  { create }: MessageStoreAdapter,
): void {
  describe("feed", () => {
    it(
      "of an empty store is empty, and its mark is where the first event comes after",
      withStore(async (store) => {
        const { items, mark, more } = await store.feed(null, 10, 1e6);
        expect([items, more]).toEqual([[], false]);
        expect((await store.feed(mark, 10, 1e6)).items).toEqual([]);
        await store.create(conversation("c1"));
        expect((await feedOf(store, mark)).items.map(named)).toEqual(["c1 1"]);
      }),
    );

    it(
      "has every event of every type once, with its conversation and epoch, as the log view gives it",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2", { mode: "pull", kind: "channel" }));
        const [one = 0] = await say(store, "c1", "alice", "one");
        await appendEvent(store, message("c2", "bob", "two", { mentions: "all", slot: "s" }));
        await appendEvent(store, edit("c1", "alice", one, "one again"));
        await appendEvent(store, reaction("c1", "bob", one, "👍"));
        await changeMembers(store, "c2", "alice", [["carol", "reader"]]);
        await changeSettings(store, "c1", "alice", { title: "t" });
        await appendEvent(store, message("c1", "host", "hello", { system: true }));
        await appendEvent(store, message("c1", "bob", "", { type: "x-ping", re: one }));
        await appendEvent(store, deletion("c1", "alice", one));
        const { items } = await feedOf(store);
        expect(items.map(named)).toEqual([
          "c1 1",
          "c2 1",
          "c1 2",
          "c2 2",
          "c1 3",
          "c1 4",
          "c2 3",
          "c1 5",
          "c1 6",
          "c1 7",
          "c1 8",
        ]);
        for (const c of ["c1", "c2"]) {
          const { rows, epoch } = await logOf(store, c);
          const own = items.filter(({ conversation }) => conversation === c);
          expect(own).toEqual(rows.map((row) => ({ conversation: c, epoch, row })));
        }
      }),
    );

    it(
      "has the first events of a conversation made with many members, and every entry of a batch",
      withStore(async (store) => {
        const body = { kind: "group" };
        await store.create(
          conversation("c1", {
            first: [
              { type: "meta", body },
              { type: "member", body: { members: [["carol", "member"]] } },
              { type: "member", body: { members: [["dave", "member"]] } },
            ],
          }),
        );
        await store.create(conversation("c2"));
        await store.append([
          message("c2", "alice", "one"),
          message("c1", "alice", "two"),
          message("c1", "mallory", "refused"),
          message("c2", "alice", "three"),
        ]);
        const names = (await feedOf(store)).items.map(named);
        expect(names.filter((name) => name.startsWith("c1"))).toEqual(["c1 1", "c1 2", "c1 3", "c1 4"]);
        expect(names.filter((name) => name.startsWith("c2"))).toEqual(["c2 1", "c2 2", "c2 3"]);
        expect(names.indexOf("c2 1")).toBeGreaterThan(names.indexOf("c1 3"));
        expect(names.indexOf("c1 4")).toBeGreaterThan(names.indexOf("c2 1"));
      }),
    );

    it(
      "goes on from any mark with what came after it, and nothing else",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", "one", "two", "three");
        const all = (await feedOf(store)).items;
        let mark: string | null = null;
        for (const [n, expected] of all.entries()) {
          const page = await store.feed(mark, 1, 1e6);
          expect([page.items, page.more], `page ${n}`).toEqual([[expected], n < all.length - 1]);
          expect((await feedOf(store, page.mark)).items, `after page ${n}`).toEqual(all.slice(n + 1));
          ({ mark } = page);
        }
        const end = await store.feed(mark, 1, 1e6);
        expect([end.items, end.more]).toEqual([[], false]);
        const entry = message("c1", "alice", "four");
        await appendEvent(store, entry);
        // A repeat and a refusal are no events.
        expect(await outcomeOf(store, entry)).toBe("duplicate");
        expect(await outcomeOf(store, message("c1", "mallory", "no"))).toBe("not_found");
        expect((await feedOf(store, end.mark)).items.map(named)).toEqual(["c1 5"]);
        expect((await feedOf(store, mark)).items.map(named)).toEqual(["c1 5"]);
      }),
    );

    it(
      "ends a page before the item that would pass the bytes, but never before the first",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", "ä".repeat(40), "b".repeat(100), "c");
        const { items } = await feedOf(store);
        const sizes = items.map((item) => utf8Bytes(JSON.stringify(item)));
        const [first = 0, second = 0, third = 0] = sizes;
        const page = async (bytes: number) => {
          const { items: got, more } = await store.feed(null, 100, bytes);
          return [got.length, more];
        };
        expect(await page(1)).toEqual([1, true]);
        expect(await page(first + second - 1)).toEqual([1, true]);
        expect(await page(first + second)).toEqual([2, true]);
        expect(await page(first + second + third)).toEqual([3, true]);
        expect(await page(sizes.reduce((sum, size) => sum + size, 0))).toEqual([4, false]);
        expect((await feedOf(store, null, { rows: 100, bytes: 1 })).items).toEqual(items);
        expect((await feedOf(store, null, { rows: 3, bytes: first + second })).items).toEqual(items);
      }),
    );

    it(
      "says where a conversation was removed, also from null, and has its events no more",
      withStore(async (store) => {
        for (const c of ["c1", "c2", "c3"]) await store.create(conversation(c));
        await say(store, "c1", "alice", "one", "two");
        await say(store, "c2", "alice", "kept");
        const middle = (await store.feed(null, 2, 1e6)).mark;
        const before = (await feedOf(store)).mark;
        await store.remove("c1", "alice", ["owner"]);
        await say(store, "c2", "alice", "later");
        const gone = ["c1 gone", "c2 3"];
        expect((await feedOf(store, before)).items.map(named)).toEqual(gone);
        expect((await feedOf(store, middle)).items.map(named)).toEqual(["c3 1", "c2 2", ...gone]);
        expect((await feedOf(store)).items.map(named)).toEqual(["c2 1", "c3 1", "c2 2", ...gone]);
        expect((await feedOf(store, before)).items[0]).toEqual({ conversation: "c1", gone: true });
        const { mark } = await store.feed(before, 1, 1e6);
        expect((await feedOf(store, mark)).items.map(named)).toEqual(["c2 3"]);
        for (const c of ["c2", "c3"]) await store.remove(c, "alice", ["owner"]);
        const tiny = { rows: 1, bytes: 1 };
        expect((await feedOf(store, null, tiny)).items.map(named)).toEqual(["c1 gone", "c2 gone", "c3 gone"]);
      }),
    );

    it(
      "gives an event that was deleted or erased as it is now, and not once more",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [one = 0, two = 0] = await say(store, "c1", "alice", "SECRET", "SECRET too");
        await say(store, "c1", "bob", "SECRET of bob");
        const { mark } = await feedOf(store);
        await appendEvent(store, deletion("c1", "alice", one));
        expect((await feedOf(store, mark)).items.map(named)).toEqual(["c1 5"]);
        const after = (await feedOf(store)).mark;
        await store.erase("bob", "c1");
        expect((await feedOf(store, after)).items).toEqual([]);
        const { items } = await feedOf(store);
        expect(items.map(named)).toEqual(["c1 1", "c1 2", "c1 3", "c1 4", "c1 5"]);
        const texts = items.map((item) => ("row" in item ? [item.row.body?.["text"], item.row.deleted] : []));
        expect(texts[one - 1]).toEqual([undefined, true]);
        expect(texts[two - 1]).toEqual(["SECRET too", undefined]);
        expect(texts[3]).toEqual([undefined, true]);
      }),
    );

    it(
      "is without what has expired, wherever it is read from",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        await say(store, "c1", "alice", "one", "two", "three", "four");
        await say(store, "c2", "alice", "kept");
        const { mark } = await store.feed(null, 3, 1e6);
        await store.expire("c1", { messages: 2 }, 100);
        const kept = ["c2 1", "c1 4", "c1 5", "c2 2"];
        expect((await feedOf(store)).items.map(named)).toEqual(kept);
        expect((await feedOf(store, null, { rows: 1, bytes: 1 })).items.map(named)).toEqual(kept);
        expect((await feedOf(store, mark)).items.map(named)).toEqual(["c1 4", "c1 5", "c2 2"]);
      }),
    );

    it(
      "ends where feedEnd says: what was written before lies below it, what comes later above",
      withStore(async (store) => {
        const empty = await store.feedEnd();
        expect((await feedOf(store, empty)).items).toEqual([]);
        await store.create(conversation("c1"));
        expect((await feedOf(store, empty)).items.map(named)).toEqual(["c1 1"]);
        await say(store, "c1", "alice", "one");
        const end = await store.feedEnd();
        expect((await store.feed(end, 10, 1e6)).items).toEqual([]);
        await say(store, "c1", "alice", "two");
        await store.create(conversation("c2"));
        expect((await feedOf(store, end)).items.map(named)).toEqual(["c1 3", "c2 1"]);
        const last = await store.feedEnd();
        await store.remove("c2", "alice", ["owner"]);
        expect((await feedOf(store, last)).items.map(named)).toEqual(["c2 gone"]);
      }),
    );

    it(
      "refuses a mark that it never gave with invalid",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        for (const mark of ["", "nonsense", "-1", "1e3", "999999999999", " "]) {
          expect(await codeOf(store.feed(mark, 10, ROOM.bytes)), JSON.stringify(mark)).toBe("invalid");
        }
        const other = await create();
        try {
          await other.store.open();
          await other.store.create(conversation("c1"));
          const mark = await other.store.feedEnd();
          expect(await codeOf(store.feed(mark, 10, ROOM.bytes)), "another store's").toBe("invalid");
        } finally {
          await other.destroy();
        }
      }),
    );
  });
}
