import type { Role } from "@earshot/protocol";
import type { Append } from "../../../ports/append.ts";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  appendEvent,
  changeMembers,
  changeOfMembers,
  changeSettings,
  conversation,
  message,
  outcomeOf,
  wordOf,
} from "./entries.ts";
import { accessOf, logOf, settingsOf } from "./readings.ts";

/** Members who come by themselves. */
export function joinCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const joining = async (store: MessageStore, user: string, role: Role = "member"): Promise<Append> => {
    const { membersVersion } = await settingsOf(store, "c1");
    return { ...changeOfMembers("c1", user, [[user, role]], membersVersion), by: [], join: true };
  };

  describe("joining", () => {
    it(
      "makes a member of who was none, where the conversation is open, whatever roles may append",
      withStore(async (store) => {
        await store.create(conversation("c1", { open: true }));
        await appendEvent(store, message("c1", "alice", "before"));
        const before = await settingsOf(store, "c1");
        const { row, membersVersion } = await appendEvent(store, await joining(store, "carol"));
        expect([row.seq, row.type, row.from]).toEqual([3, "member", "carol"]);
        expect(membersVersion).toBe(before.membersVersion + 1);
        const { role, spans, read, delivered, members } = await accessOf(store, "carol", "c1");
        expect([role, spans, read, delivered, members]).toEqual(["member", [[3, null]], 3, 3, 3]);
        expect((await store.inbox("carol", null, 10)).rows.map(({ c }) => c)).toEqual(["c1"]);
        expect((await logOf(store, "c1", "carol")).rows).toEqual([row]);
        expect(await outcomeOf(store, message("c1", "carol", "hi"))).toBe("event");
      }),
    );

    it(
      "is not_found where the conversation is closed or unknown, and makes nobody a member",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = await joining(store, "carol");
        expect(await outcomeOf(store, entry)).toBe("not_found");
        expect(await outcomeOf(store, { ...entry, conversation: "c9" })).toBe("not_found");
        expect(await store.access([{ user: "carol", conversation: "c1" }])).toEqual([null]);
        expect((await store.inbox("carol", null, 10)).rows).toEqual([]);
        await changeSettings(store, "c1", "alice", { open: true });
        expect(await outcomeOf(store, entry)).toBe("event");
        await changeMembers(store, "c1", "alice", [["carol", null]]);
        await changeSettings(store, "c1", "alice", { open: false });
        expect(await outcomeOf(store, await joining(store, "carol"))).toBe("not_found");
      }),
    );

    it(
      "is stale from an older version of the members, after what would be not_found",
      withStore(async (store) => {
        await store.create(conversation("c1", { open: true }));
        const [carol, dave] = [await joining(store, "carol"), await joining(store, "dave")];
        expect((await store.append([carol, dave])).map(wordOf)).toEqual(["event", "stale"]);
        await changeSettings(store, "c1", "alice", { open: false });
        expect(await outcomeOf(store, dave)).toBe("not_found");
      }),
    );

    it(
      "needs its word: another's entry is not_found in an open conversation too",
      withStore(async (store) => {
        await store.create(conversation("c1", { open: true }));
        const { join: _, ...plain } = await joining(store, "carol");
        expect(await outcomeOf(store, plain)).toBe("not_found");
        expect(await outcomeOf(store, message("c1", "carol", "hi"))).toBe("not_found");
      }),
    );

    it(
      "asks no role of who is a member already, and changes nobody else",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const again = await joining(store, "bob");
        expect(await outcomeOf(store, { ...again, key: { id: "k", hash: "h" } })).toBe("event");
        const { members, membersVersion, spans } = await accessOf(store, "bob", "c1");
        expect([members, membersVersion, spans]).toEqual([2, again.ifMembersVersion, [[1, null]]]);
      }),
    );

    it(
      "brings back who left, from their new entry on",
      withStore(async (store) => {
        await store.create(conversation("c1", { open: true }));
        await appendEvent(store, await joining(store, "carol"));
        await changeMembers(store, "c1", "carol", [["carol", null]]);
        await appendEvent(store, await joining(store, "carol", "reader"));
        const { role, spans } = await accessOf(store, "carol", "c1");
        expect([role, spans]).toEqual([
          "reader",
          [
            [2, 3],
            [4, null],
          ],
        ]);
      }),
    );
  });
}
