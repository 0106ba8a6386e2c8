import type { MessageStore } from "../../../ports/message-store.ts";
import { codeOf } from "../code-of.ts";
import type { Runner } from "../runner.ts";
import type { MessageStoreAdapter, WithStore } from "./adapter-under-test.ts";
import { conversation, message, say } from "./entries.ts";
import { accessOf, changesOf, standing } from "./readings.ts";

/** Where a reading of changes goes on. */
export function changesPagingCases(
  { describe, it, expect }: Runner,
  withStore: WithStore,
  { create }: MessageStoreAdapter,
): void {
  const named = async (store: MessageStore, after: string, limit?: number) =>
    (await changesOf(store, after, limit)).changes.map(standing).sort();
  const createAll = async (store: MessageStore, ...ids: readonly string[]) => {
    for (const id of ids) await store.create(conversation(id));
  };

  describe("marks of changes", () => {
    it(
      "end pages of the limit, and go on from there, also a second time",
      withStore(async (store) => {
        const ids = ["c1", "c2", "c3", "c4", "c5", "c6", "c7"];
        await createAll(store, ...ids, "quiet");
        const mark = await store.feedEnd();
        for (const turn of ["one", "two"]) for (const c of ids) await say(store, c, "alice", turn);
        await store.append(ids.map((c) => message(c, "bob", "all at once")));
        const all = ids.map((c) => `${c} 4`);
        for (const limit of [1, 2, 3, 7, 8, 100]) {
          const found = await named(store, mark, limit);
          expect([...new Set(found)], `limit ${limit}`).toEqual(all);
        }
        expect((await store.changes(mark, 7)).more).toBe(false);
        const first = await store.changes(mark, 3);
        expect(first.more).toBe(true);
        const rest = await named(store, first.mark, 3);
        expect(await named(store, first.mark, 3)).toEqual(rest);
        const found = [...first.changes.map(standing), ...rest];
        expect([...new Set(found)].sort()).toEqual(all);
        expect(found.includes("quiet 1")).toBe(false);
      }),
    );

    it(
      "I9: bring a conversation again that changes while pages are read, and all others too",
      withStore(async (store) => {
        const ids = ["c1", "c2", "c3", "c4", "c5"];
        await createAll(store, ...ids);
        const mark = await store.feedEnd();
        for (const c of ids) await say(store, c, "alice", "one");
        const first = await store.changes(mark, 2);
        const told = first.changes.map(({ conversation: c }) => c);
        const other = ids.find((c) => !told.includes(c)) ?? "";
        const again = told[0] ?? other;
        for (const c of [again, other]) await say(store, c, "alice", "two");
        const second = await changesOf(store, first.mark, 2);
        const heads = new Map(
          [...first.changes, ...second.changes].map((change) => [change.conversation, standing(change)]),
        );
        expect([...heads.keys()].sort()).toEqual(ids);
        for (const c of ids) expect(heads.get(c)).toBe(`${c} ${(await accessOf(store, "alice", c)).head}`);
        expect(second.changes.some((change) => standing(change) === `${again} 3`)).toBe(true);
        await store.remove(again, "alice", ["owner"]);
        expect(await named(store, second.mark)).toEqual([`${again} gone`]);
      }),
    );

    it(
      "may be any mark of the feed: what stands above it has changed, what stands below has not",
      withStore(async (store) => {
        await createAll(store, "c1", "c2");
        await store.append([message("c1", "alice", "1"), message("c1", "alice", "2"), message("c2", "bob", "3")]);
        await say(store, "c1", "bob", "4", "5");
        await store.create(conversation("c3"));
        await store.remove("c3", "alice", ["owner"]);
        const seen = new Map<string, number>();
        for (let mark: string | null = null, more = true; more; ) {
          const page = await store.feed(mark, 1, 1e6);
          for (const item of page.items) seen.set(item.conversation, "row" in item ? item.row.seq : 0);
          const above = ["c1 5", "c2 2", "c3 gone"].filter((change) => {
            const [c = "", head] = change.split(" ");
            return seen.get(c) !== (head === "gone" ? 0 : Number(head));
          });
          expect(await named(store, page.mark), [...seen].join(" ")).toEqual(above);
          ({ mark, more } = page);
        }
        expect([...seen.keys()].sort()).toEqual(["c1", "c2", "c3"]);
      }),
    );

    it(
      "that were never given are refused with invalid, those of another store too",
      withStore(async (store) => {
        await createAll(store, "c1");
        for (const mark of ["", "nonsense", "-1", "1e3", "999999999999", " "]) {
          expect(await codeOf(store.changes(mark, 10)), JSON.stringify(mark)).toBe("invalid");
        }
        const other = await create();
        try {
          await other.store.open();
          const empty = await other.store.feedEnd();
          await other.store.create(conversation("c1"));
          const mark = await other.store.feedEnd();
          const page = await other.store.changes(empty, 10);
          for (const each of [mark, page.mark]) {
            expect(await codeOf(store.changes(each, 10)), "another store's").toBe("invalid");
          }
        } finally {
          await other.destroy();
        }
      }),
    );
  });
}
