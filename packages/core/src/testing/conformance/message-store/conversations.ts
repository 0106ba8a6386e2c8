import type { ConversationId } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { changeSettings, conversation, say } from "./entries.ts";
import { expectMoved } from "./readings.ts";

/** Sorted as the port has it: by their characters, whatever the language. */
const IDS: readonly ConversationId[] = ["-x", ".x", "10", "9", "A", "Zz", "_", "a", "a-1", "a1", "aa", "b", "~"];

/** The list of all that there is. */
export function conversationsCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const all = async (store: MessageStore, limit: number) => {
    const ids: ConversationId[] = [];
    for (let after: ConversationId | null = null; ; ) {
      const page: Awaited<ReturnType<MessageStore["conversations"]>> = await store.conversations(after, limit);
      expect(limit + 1).toBeGreaterThan(page.length);
      ids.push(...page.map(({ conversation: id }) => id));
      const last = page.at(-1)?.conversation;
      if (last === undefined) return ids;
      expectMoved(after, last);
      after = last;
    }
  };

  describe("conversations", () => {
    it(
      "are all listed once, by the characters of their ids, in pages of the limit",
      withStore(async (store) => {
        expect(await store.conversations(null, 10)).toEqual([]);
        for (const id of IDS.toReversed()) await store.create(conversation(id));
        for (const limit of [1, 4, IDS.length, 100]) expect(await all(store, limit), `limit ${limit}`).toEqual(IDS);
        expect((await store.conversations("a0", 2)).map(({ conversation: id }) => id)).toEqual(["a1", "aa"]);
        expect(await store.conversations("~", 10)).toEqual([]);
      }),
    );

    it(
      "are not listed any more once they are removed, and where they were is a place to go on from",
      withStore(async (store) => {
        for (const id of ["c1", "c2", "c3"]) await store.create(conversation(id));
        await store.remove("c2", "alice", ["owner"]);
        expect(await all(store, 1)).toEqual(["c1", "c3"]);
        expect((await store.conversations("c2", 10)).map(({ conversation: id }) => id)).toEqual(["c3"]);
      }),
    );

    it(
      "have the retention that is theirs, null without one",
      withStore(async (store) => {
        for (const id of ["c1", "c2", "c3", "c4"]) await store.create(conversation(id));
        await say(store, "c1", "alice", "one");
        await changeSettings(store, "c2", "alice", { retention: { age: 60_000 } });
        await changeSettings(store, "c3", "alice", { retention: { age: 86_400_000, messages: 10 } });
        await changeSettings(store, "c4", "alice", { retention: { messages: 1 } });
        await changeSettings(store, "c4", "alice", { retention: null });
        expect(await store.conversations(null, 10)).toEqual([
          { conversation: "c1", retention: null },
          { conversation: "c2", retention: { age: 60_000 } },
          { conversation: "c3", retention: { age: 86_400_000, messages: 10 } },
          { conversation: "c4", retention: null },
        ]);
      }),
    );
  });
}
