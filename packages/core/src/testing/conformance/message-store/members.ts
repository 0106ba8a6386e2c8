import type { Role, UserId } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, changeMembers, changeOfMembers, conversation, message } from "./entries.ts";
import { accessOf } from "./readings.ts";

/** Who is in a conversation, and how that changes with an entry. */
export function memberCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("members", () => {
    it(
      "come owners first, then admins, members, readers, and within a role by the characters of their ids",
      withStore(async (store) => {
        await store.create(conversation("c1", { members: MIXED }));
        const page = await store.members("c1", null, 100);
        const { epoch } = await accessOf(store, "Zoe", "c1");
        expect([page?.members, page?.more, page?.epoch]).toEqual([IN_ORDER, false, epoch]);
      }),
    );

    it(
      "come in pages of the limit, each once",
      withStore(async (store) => {
        await store.create(conversation("c1", { members: MIXED }));
        for (const limit of [1, 2, 3, IN_ORDER.length]) {
          expect(await allMembers(store, limit), `limit ${limit}`).toEqual(IN_ORDER);
        }
        // The end stays the end.
        let cursor = (await store.members("c1", null, 100))?.cursor ?? null;
        for (let again = 0; again < 2; again++) {
          const page = await store.members("c1", cursor, 100);
          expect([page?.members, page?.more]).toEqual([[], false]);
          cursor = page?.cursor ?? null;
        }
      }),
    );

    it(
      "pages with one membersVersion are of one snapshot",
      withStore(async (store) => {
        await store.create(conversation("c1", { members: MIXED }));
        const first = await store.members("c1", null, 3);
        await changeMembers(store, "c1", "Zoe", [["aaron", "owner"]]);
        const second = await store.members("c1", first?.cursor ?? null, 3);
        expect(second?.membersVersion).toBe((first?.membersVersion ?? 0) + 1);
        await appendEvent(store, message("c1", "Zoe", "no change of members"));
        const third = await store.members("c1", second?.cursor ?? null, 3);
        expect(third?.membersVersion).toBe(second?.membersVersion);
      }),
    );

    it(
      "are null for an unknown conversation",
      withStore(async (store) => {
        expect(await store.members("c9", null, 10)).toBe(null);
      }),
    );

    it(
      "I17: change with the entry that says so, and membersVersion rises by 1",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const before = await accessOf(store, "alice", "c1");
        expect((await allMembers(store, 10)).map(([user]) => user)).toEqual(["alice", "bob"]);
        const added = await changeMembers(store, "c1", "alice", [
          ["carol", "reader"],
          ["dave", "member"],
        ]);
        expect(added.membersVersion).toBe(before.membersVersion + 1);
        const changed = await changeMembers(store, "c1", "alice", [
          ["carol", "admin"],
          ["bob", null],
        ]);
        expect(changed.membersVersion).toBe(before.membersVersion + 2);
        expect(await allMembers(store, 10)).toEqual([
          ["alice", "owner"],
          ["carol", "admin"],
          ["dave", "member"],
        ]);
        const after = await accessOf(store, "carol", "c1");
        expect([after.members, after.membersVersion, after.head]).toEqual([3, before.membersVersion + 2, 3]);
        // An entry that changes nobody tells the version as it stands.
        const { membersVersion } = await appendEvent(store, message("c1", "dave", "hi"));
        expect(membersVersion).toBe(before.membersVersion + 2);
      }),
    );

    it(
      "who leaves without being a member is no error",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { row } = await changeMembers(store, "c1", "alice", [
          ["mallory", null],
          ["bob", null],
        ]);
        expect(row.seq).toBe(2);
        expect(await allMembers(store, 10)).toEqual([["alice", "owner"]]);
      }),
    );

    it(
      "a change from an older version is refused with stale and changes nobody",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { membersVersion } = await accessOf(store, "alice", "c1");
        await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        const [result] = await store.append([changeOfMembers("c1", "alice", [["dave", "member"]], membersVersion)]);
        expect(result).toEqual({ kind: "refused", code: "stale" });
        expect(await allMembers(store, 10)).toEqual([
          ["alice", "owner"],
          ["bob", "member"],
          ["carol", "member"],
        ]);
      }),
    );

    it(
      "one who removes themselves writes the entry and is gone after it",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const { row } = await changeMembers(store, "c1", "bob", [["bob", null]]);
        expect([row.seq, row.from]).toEqual([2, "bob"]);
        expect(await store.access([{ user: "bob", conversation: "c1" }])).toEqual([null]);
      }),
    );
  });
}

/** Ids whose order by characters differs from that of a dictionary. */
const MIXED: readonly (readonly [UserId, Role])[] = [
  ["b", "member"],
  ["r2", "reader"],
  ["Zoe", "owner"],
  ["B", "member"],
  ["adam", "admin"],
  ["r10", "reader"],
  ["a", "member"],
  ["_a", "member"],
  ["eve", "admin"],
];
const IN_ORDER: readonly (readonly [UserId, Role])[] = [
  ["Zoe", "owner"],
  ["adam", "admin"],
  ["eve", "admin"],
  ["B", "member"],
  ["_a", "member"],
  ["a", "member"],
  ["b", "member"],
  ["r10", "reader"],
  ["r2", "reader"],
];

async function allMembers(store: MessageStore, limit: number): Promise<readonly (readonly [UserId, Role])[]> {
  const all: (readonly [UserId, Role])[] = [];
  for (let cursor: string | null = null; ; ) {
    const page = await store.members("c1", cursor, limit);
    if (page === null) throw new Error("no such conversation");
    if (page.members.length > limit) throw new Error("a page over its limit");
    all.push(...page.members);
    if (!page.more) return all;
    cursor = page.cursor;
  }
}
