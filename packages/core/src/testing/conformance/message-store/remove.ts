import type { Role } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  appendEvent,
  changeMembers,
  changeOfMembers,
  conversation,
  direct,
  message,
  outcomeOf,
  say,
} from "./entries.ts";
import { accessOf, ROOM, settingsOf } from "./readings.ts";

const OWNER: readonly Role[] = ["owner"];

/** A conversation that was. */
export function removeCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const gone = async (store: MessageStore, user: string, cursor: string) => {
    const { rows, more, reset } = await store.inbox(user, cursor, 10);
    expect([more, reset]).toEqual([false, false]);
    return rows;
  };

  describe("removing a conversation", () => {
    it(
      "tells who were its members, and leaves nothing of it",
      withStore(async (store) => {
        await store.create(conversation("c1", { open: true, wholeHistory: true }));
        await store.create(conversation("c2"));
        const sent = message("c1", "alice", "one", { mentions: "all" });
        await appendEvent(store, sent);
        const { membersVersion } = await settingsOf(store, "c1");
        const removed = await store.remove("c1", "alice", OWNER);
        expect(removed.kind === "removed" && [...removed.members].sort()).toEqual(["alice", "bob"]);
        const one = { conversation: "c1", ...ROOM } as const;
        expect(await store.range({ ...one, view: "log", from: "oldest" })).toBe(null);
        expect(await store.range({ ...one, view: "present", from: "newest", reader: "alice" })).toBe(null);
        expect(await store.settings("c1")).toBe(null);
        expect(await store.members("c1", null, 10)).toBe(null);
        expect(await store.receipts("c1", 1, null, 10)).toBe(null);
        expect(await store.row("alice", "c1")).toBe(null);
        expect(await store.access([{ user: "alice", conversation: "c1" }])).toEqual([null]);
        expect(await store.raise([{ user: "alice", conversation: "c1", read: 2 }])).toEqual([null]);
        expect(await store.put("alice", "c1", { mute: true })).toBe(false);
        for (const entry of [
          message("c1", "alice", "two"),
          message("c1", "alice", "two", { re: 2 }),
          changeOfMembers("c1", "alice", [["carol", "member"]], membersVersion),
          { ...changeOfMembers("c1", "carol", [["carol", "member"]], membersVersion), join: true as const },
        ]) {
          expect(await outcomeOf(store, entry), entry.type).toBe("not_found");
        }
        expect(await outcomeOf(store, message("c1", "alice", "three", { lookup: true }))).toBe("absent");
        // Whether the key of one that was sent is still known or gone with the rest, it is no second message.
        expect(["duplicate", "not_found"].includes(await outcomeOf(store, sent))).toBe(true);
        expect((await accessOf(store, "alice", "c2")).head).toBe(1);
        expect(await outcomeOf(store, message("c2", "bob", "on"))).toBe("event");
      }),
    );

    it(
      "is gone for its members from any cursor of before, once, and in no new inbox",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        const { cursor } = await store.inbox("bob", null, 10);
        const { cursor: carols } = await store.inbox("carol", null, 10);
        const { cursor: strangers } = await store.inbox("mallory", null, 10);
        await say(store, "c1", "alice", "one");
        await store.remove("c1", "alice", OWNER);
        expect(await gone(store, "bob", cursor)).toEqual([{ c: "c1", gone: true }]);
        expect(await gone(store, "carol", carols)).toEqual([{ c: "c1", gone: true }]);
        expect(await gone(store, "mallory", strangers)).toEqual([]);
        const { cursor: next } = await store.inbox("bob", cursor, 10);
        expect(await gone(store, "bob", next)).toEqual([]);
        expect((await store.inbox("bob", null, 10)).rows.map(({ c }) => c)).toEqual(["c2"]);
        expect((await store.inbox("carol", null, 10)).rows).toEqual([]);
      }),
    );

    it(
      "is no news for who had left before, and still gone from a cursor of before that",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { cursor: before } = await store.inbox("bob", null, 10);
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        const { cursor: after } = await store.inbox("bob", before, 10);
        const removed = await store.remove("c1", "alice", OWNER);
        expect(removed).toEqual({ kind: "removed", members: ["alice"] });
        expect(await gone(store, "bob", after)).toEqual([]);
        expect(await gone(store, "bob", before)).toEqual([{ c: "c1", gone: true }]);
      }),
    );

    it(
      "is for the roles that may, of its members; anybody else changes nothing",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const not = (code: string) => ({ kind: "refused", code });
        expect(await store.remove("c1", "bob", OWNER)).toEqual(not("forbidden"));
        expect(await store.remove("c1", "alice", [])).toEqual(not("forbidden"));
        expect(await store.remove("c1", "mallory", OWNER)).toEqual(not("not_found"));
        expect(await store.remove("c9", "alice", OWNER)).toEqual(not("not_found"));
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        expect(await store.remove("c1", "bob", ["owner", "member"])).toEqual(not("not_found"));
        expect((await accessOf(store, "alice", "c1")).members).toBe(1);
        expect((await store.remove("c1", "alice", OWNER)).kind).toBe("removed");
        expect(await store.remove("c1", "alice", OWNER)).toEqual(not("not_found"));
      }),
    );

    it(
      "by the host needs no member and no role; of none that there is it is not_found all the same",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { cursor } = await store.inbox("bob", null, 10);
        const removed = await store.remove("c1", null, []);
        expect(removed.kind === "removed" && [...removed.members].sort()).toEqual(["alice", "bob"]);
        expect(await gone(store, "bob", cursor)).toEqual([{ c: "c1", gone: true }]);
        expect(await store.settings("c1")).toBe(null);
        for (const c of ["c1", "c9"]) {
          expect(await store.remove(c, null, OWNER)).toEqual({ kind: "refused", code: "not_found" });
        }
      }),
    );

    it(
      "uses its id up, for its creator too",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.remove("c1", "alice", OWNER);
        for (const creator of ["alice", "bob", "carol"]) {
          expect(await store.create(conversation("c1", { creator })), creator).toEqual({ kind: "conflict" });
        }
        expect(await store.create(direct("c1", "alice", "bob"))).toEqual({ kind: "conflict" });
        expect((await store.inbox("bob", null, 10)).rows).toEqual([]);
      }),
    );

    it(
      "leaves the pair of a direct free for another",
      withStore(async (store) => {
        await store.create(direct("d1", "alice", "bob"));
        await say(store, "d1", "alice", "one");
        expect((await store.remove("d1", "bob", ["member"])).kind).toBe("removed");
        expect((await store.create(direct("d2", "bob", "alice"))).kind).toBe("created");
        expect(await store.create(direct("d3", "alice", "bob"))).toEqual({ kind: "existing", id: "d2" });
        expect((await store.row("alice", "d2"))?.last).toBe(null);
      }),
    );
  });
}
