import type { Append } from "../../../ports/append.ts";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Change } from "../../../ports/pages.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  AT,
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
import { accessOf, changesOf, standing } from "./readings.ts";

/** What has changed in the store above a mark, one caller at a time. */
export function changesCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  /** A change as everybody else is told where that conversation stands. */
  const changeOf = async (store: MessageStore, c: string): Promise<Change> => {
    const { epoch, head, ord, mode, membersVersion } = await accessOf(store, "alice", c);
    return { conversation: c, epoch, head, ord, mode, membersVersion };
  };
  const named = async (store: MessageStore, after: string, limit?: number) =>
    (await changesOf(store, after, limit)).changes.map(standing).sort();
  /** Conversations of that name and number, each with one event. */
  const createAll = async (store: MessageStore, ...ids: readonly string[]) => {
    for (const id of ids) await store.create(conversation(id));
  };

  describe("changes", () => {
    it(
      "are none above the end, of an empty store too, and the mark stays one",
      withStore(async (store) => {
        const empty = await store.feedEnd();
        const none = await store.changes(empty, 10);
        expect([none.changes, none.more]).toEqual([[], false]);
        await createAll(store, "c1", "c2");
        for (const mark of [empty, none.mark]) expect(await named(store, mark)).toEqual(["c1 1", "c2 1"]);
        const end = await store.changes(await store.feedEnd(), 10);
        expect([end.changes, end.more]).toEqual([[], false]);
        const again = await store.changes(end.mark, 10);
        expect([again.changes, again.more]).toEqual([[], false]);
        await say(store, "c2", "alice", "hi");
        for (const { mark } of [end, again]) expect(await named(store, mark)).toEqual(["c2 2"]);
      }),
    );

    it(
      "I12: are each conversation once, as it stands now, however much has happened to it",
      withStore(async (store) => {
        await createAll(store, "c1", "c2", "quiet");
        const mark = await store.feedEnd();
        await say(store, "c1", "alice", "one", "two", "three");
        await store.create(conversation("c3", { kind: "channel", mode: "pull" }));
        await changeMembers(store, "c2", "alice", [["carol", "member"]]);
        await changeSettings(store, "c1", "alice", { mode: "pull" });
        await store.append([message("c1", "bob", "four"), message("c2", "bob", "five"), message("c1", "bob", "six")]);
        await appendEvent(store, message("c2", "alice", "", { type: "x-ping" }));
        await changeSettings(store, "c1", "alice", { mode: "push" });
        await changeSettings(store, "c2", "alice", { mode: "pull" });
        const { changes, more } = await store.changes(mark, 10);
        expect(more).toBe(false);
        const byName = [...changes].sort((a, b) => (a.conversation < b.conversation ? -1 : 1));
        expect(byName).toEqual(await Promise.all(["c1", "c2", "c3"].map((c) => changeOf(store, c))));
        expect(byName.map((change) => "head" in change && [change.head, change.ord, change.mode])).toEqual([
          [8, 5, "push"],
          [5, 1, "pull"],
          [1, 0, "pull"],
        ]);
      }),
    );

    it(
      "come with an event of any kind, whoever wrote it",
      withStore(async (store) => {
        await createAll(store, "c1", "quiet");
        const [one = 0] = await say(store, "c1", "alice", "one");
        const steps: readonly (() => Promise<unknown>)[] = [
          () => say(store, "c1", "bob", "two"),
          () => appendEvent(store, edit("c1", "alice", one, "one again")),
          () => appendEvent(store, reaction("c1", "bob", one, "👍")),
          () => appendEvent(store, reaction("c1", "bob", one, "👍")),
          () => appendEvent(store, deletion("c1", "alice", one)),
          () => appendEvent(store, message("c1", "bob", "", { type: "x-ping" })),
          () => appendEvent(store, message("c1", "host", "by the host", { system: true })),
          () => changeMembers(store, "c1", "alice", [["carol", "reader"]]),
          () => changeMembers(store, "c1", "alice", [["carol", "reader"]]),
          () => changeMembers(store, "c1", "alice", [["carol", null]]),
          () => changeSettings(store, "c1", "alice", { title: "t" }),
          () => changeSettings(store, "c1", "alice", {}),
          () => changeSettings(store, "c1", "alice", { mode: "pull" }),
        ];
        for (const [n, step] of steps.entries()) {
          const mark = await store.feedEnd();
          await step();
          expect((await changesOf(store, mark)).changes, `step ${n}`).toEqual([await changeOf(store, "c1")]);
        }
      }),
    );

    it(
      "do not come without one: a repeat, a refusal, and what is no event change nothing",
      withStore(async (store) => {
        await createAll(store, "c1");
        const entry: Append = message("c1", "alice", "one");
        await appendEvent(store, entry);
        await say(store, "c1", "bob", "two", "three", "four");
        const mark = await store.feedEnd();
        const steps: readonly (() => Promise<unknown>)[] = [
          () => outcomeOf(store, entry),
          () => outcomeOf(store, { ...entry, lookup: true }),
          () => outcomeOf(store, message("c1", "mallory", "no")),
          () => store.create(conversation("c1")),
          () => store.raise([{ user: "alice", conversation: "c1", delivered: 4, read: 3 }]),
          () => store.put("alice", "c1", { mute: true, marked: true }),
          () => store.ban("c1", "mallory", true),
          () => store.block("alice", "bob", true),
          () => store.erase("bob", "c1"),
          () => store.erase("bob", null),
          () => store.expire("c1", { messages: 2 }, 100),
          () => store.remove("c1", "bob", ["owner"]),
          () => store.lease("digest", "n1", 1_000),
          () => store.position("indexer", { from: null, to: "1" }),
          () => store.setting("secret", () => "value"),
          () => store.revoke("alice", 1_000),
        ];
        for (const [n, step] of steps.entries()) {
          await step();
          const { changes, more } = await store.changes(mark, 10);
          expect([changes, more], `step ${n}`).toEqual([[], false]);
        }
      }),
    );

    it(
      "say of a conversation that was removed that it is gone, and nothing else of it",
      withStore(async (store) => {
        await createAll(store, "old", "kept", "before");
        await store.remove("before", "alice", ["owner"]);
        const mark = await store.feedEnd();
        await createAll(store, "young");
        await say(store, "old", "alice", "one", "two");
        await say(store, "kept", "alice", "three");
        const middle = await store.feedEnd();
        for (const c of ["old", "young"]) await store.remove(c, "alice", ["owner"]);
        const { changes } = await changesOf(store, mark);
        expect(changes.map(standing).sort()).toEqual(["kept 2", "old gone", "young gone"]);
        expect(changes.find((change) => change.conversation === "old")).toEqual({ conversation: "old", gone: true });
        expect(await named(store, middle)).toEqual(["old gone", "young gone"]);
        for (const limit of [1, 2]) {
          const paged = await named(store, mark, limit);
          expect([...new Set(paged)], `limit ${limit}`).toEqual(["kept 2", "old gone", "young gone"]);
        }
        const end = await store.feedEnd();
        expect(await outcomeOf(store, message("old", "alice", "too late"))).toBe("not_found");
        expect(await named(store, end)).toEqual([]);
      }),
    );

    it(
      "tell of a conversation whose events above the mark have expired, were deleted or erased",
      withStore(async (store) => {
        await createAll(store, "c1", "c2", "quiet");
        const mark = await store.feedEnd();
        const [one = 0] = await say(store, "c1", "alice", "one", "two", "three");
        await say(store, "c2", "bob", "four", "five");
        await appendEvent(store, deletion("c1", "alice", one));
        await store.expire("c1", { before: AT + 1 }, 100);
        await store.erase("bob", "c2");
        expect(await named(store, mark)).toEqual(["c1 5", "c2 3"]);
      }),
    );
  });
}
