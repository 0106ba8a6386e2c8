import type { UserId } from "@earshot/protocol";
import type { MemberChange } from "../../../ports/append.ts";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { changeMembers, changeOfMembers, conversation, message, outcomeOf, wordOf } from "./entries.ts";
import { accessOf, settingsOf } from "./readings.ts";

/** Users who may not come. */
export function banCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  /** An entry of alice that changes members, and bans or unbans. */
  const change = async (
    store: MessageStore,
    members: readonly MemberChange[],
    bans?: readonly (readonly [UserId, boolean])[],
  ) => {
    const { membersVersion } = await settingsOf(store, "c1");
    return { ...changeOfMembers("c1", "alice", members, membersVersion), ...(bans ? { bans } : {}) };
  };
  const joinWord = async (store: MessageStore, user: UserId) => {
    const { membersVersion } = await settingsOf(store, "c1");
    return outcomeOf(store, { ...changeOfMembers("c1", user, [[user, "member"]], membersVersion), join: true });
  };

  describe("bans", () => {
    it(
      "come with the entry that removes, and keep its user out until another lifts them",
      withStore(async (store) => {
        await store.create(conversation("c1", { open: true }));
        expect(await outcomeOf(store, await change(store, [["bob", null]], [["bob", true]]))).toBe("event");
        expect(await store.access([{ user: "bob", conversation: "c1" }])).toEqual([null]);
        expect(await outcomeOf(store, message("c1", "bob", "hi"))).toBe("not_found");
        expect(await joinWord(store, "bob")).toBe("banned");
        expect(await outcomeOf(store, await change(store, [["bob", "member"]]))).toBe("banned");
        const both = await change(store, [
          ["carol", "member"],
          ["bob", "reader"],
        ]);
        expect(await outcomeOf(store, both)).toBe("banned");
        // Nobody has come in with an entry that was refused.
        expect((await accessOf(store, "alice", "c1")).members).toBe(1);
        expect(await outcomeOf(store, await change(store, [], [["bob", false]]))).toBe("event");
        expect(await joinWord(store, "bob")).toBe("event");
      }),
    );

    it(
      "come after the members of their entry",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        expect(await store.ban("c1", "bob", true)).toBe(true);
        // It is lifted too late for this entry.
        expect(await outcomeOf(store, await change(store, [["bob", "member"]], [["bob", false]]))).toBe("banned");
        expect(await outcomeOf(store, await change(store, [["bob", "member"]]))).toBe("banned");
        expect(await outcomeOf(store, await change(store, [["bob", null]], [["bob", false]]))).toBe("event");
        expect(await outcomeOf(store, await change(store, [["bob", "member"]]))).toBe("event");
      }),
    );

    it(
      "of a batch hold for what follows in it",
      withStore(async (store) => {
        await store.create(conversation("c1", { open: true }));
        const { membersVersion } = await settingsOf(store, "c1");
        const results = await store.append([
          { ...changeOfMembers("c1", "alice", [["bob", null]], membersVersion), bans: [["bob", true]] },
          changeOfMembers("c1", "alice", [["bob", "member"]], membersVersion + 1),
          { ...changeOfMembers("c1", "bob", [["bob", "member"]], membersVersion + 1), join: true },
          message("c1", "bob", "hi"),
        ]);
        expect(results.map(wordOf)).toEqual(["event", "banned", "banned", "not_found"]);
      }),
    );

    it(
      "without an entry are for who is no member; a member stays one, and unbanned",
      withStore(async (store) => {
        await store.create(conversation("c1", { open: true }));
        expect(await store.ban("none", "bob", true)).toBe(false);
        expect(await store.ban("c1", "bob", true)).toBe(false);
        expect((await accessOf(store, "bob", "c1")).role).toBe("member");
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        expect(await joinWord(store, "bob")).toBe("event");
        expect(await store.ban("c1", "carol", true)).toBe(true);
        expect(await store.ban("c1", "carol", true)).toBe(true);
        expect(await joinWord(store, "carol")).toBe("banned");
        expect(await outcomeOf(store, await change(store, [["carol", "member"]]))).toBe("banned");
        expect(await store.ban("c1", "carol", false)).toBe(true);
        expect(await store.ban("c1", "carol", false)).toBe(true);
        expect(await joinWord(store, "carol")).toBe("event");
      }),
    );

    it(
      "are told apart from a closed door: banned comes first",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.ban("c1", "carol", true);
        expect(await joinWord(store, "carol")).toBe("banned");
        expect(await joinWord(store, "dave")).toBe("not_found");
      }),
    );

    it(
      "are their conversation's and their user's own, and no event",
      withStore(async (store) => {
        await store.create(conversation("c1", { open: true }));
        await store.create(conversation("c2", { open: true }));
        const before = await store.row("alice", "c1");
        for (const user of ["constructor", "__proto__", "A"]) await store.ban("c1", user, true);
        expect(await store.row("alice", "c1")).toEqual(before);
        await store.ban("c2", "dave", true);
        for (const user of ["dave", "a", "toString"]) expect(await joinWord(store, user), user).toBe("event");
        for (const user of ["constructor", "__proto__", "A"]) expect(await joinWord(store, user), user).toBe("banned");
      }),
    );

    it(
      "with a refused entry are none",
      withStore(async (store) => {
        await store.create(conversation("c1", { open: true }));
        const { membersVersion } = await settingsOf(store, "c1");
        const stale = changeOfMembers("c1", "alice", [["bob", null]], membersVersion + 1);
        expect(await outcomeOf(store, { ...stale, bans: [["bob", true]] })).toBe("stale");
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        expect(await joinWord(store, "bob")).toBe("event");
      }),
    );
  });
}
