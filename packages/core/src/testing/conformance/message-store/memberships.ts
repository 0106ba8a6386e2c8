import type { ConversationId } from "@earshot/protocol";
import type { Membership, MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { changeMembers, conversation, direct, message, say } from "./entries.ts";
import { accessOf, expectMoved } from "./readings.ts";

/** Where a user is or was a member. */
export function membershipCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const everyOne = async (store: MessageStore, user: string, limit: number) => {
    const found: Membership[] = [];
    for (let after: ConversationId | null = null; ; ) {
      const page: readonly Membership[] = await store.memberships(user, after, limit);
      expect(limit + 1).toBeGreaterThan(page.length);
      found.push(...page);
      const last = page.at(-1)?.conversation;
      if (last === undefined) return found;
      expectMoved(after, last);
      after = last;
    }
  };

  describe("memberships", () => {
    it(
      "are a user's alone, by the characters of the ids, in pages of the limit",
      withStore(async (store) => {
        expect(await store.memberships("bob", null, 10)).toEqual([]);
        const ids = ["-", "10", "9", "B", "a", "b", "~"];
        for (const id of ids.toReversed()) await store.create(conversation(id));
        await store.create(conversation("alone", { members: [["alice", "owner"]] }));
        const spans = [[1, null]];
        const expected = ids.map((c) => ({ conversation: c, role: "member", spans }));
        for (const limit of [1, 3, 7, 100]) expect(await everyOne(store, "bob", limit)).toEqual(expected);
        expect((await store.memberships("bob", "B", 1)).map(({ conversation: c }) => c)).toEqual(["a"]);
        expect((await store.memberships("alice", "a", 10)).map(({ conversation: c }) => c)).toEqual([
          "alone",
          "b",
          "~",
        ]);
        expect(await store.memberships("mallory", null, 10)).toEqual([]);
      }),
    );

    it(
      "name a conversation to who made it without becoming a member",
      withStore(async (store) => {
        await store.create(conversation("c1", { creator: "host", members: [["alice", "owner"]] }));
        expect(await store.memberships("host", null, 10)).toEqual([{ conversation: "c1", role: null, spans: [] }]);
      }),
    );

    it(
      "I17: have the role and the spans of now, as access has them",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(direct("d1", "bob", "carol"));
        await say(store, "c1", "alice", "one");
        await changeMembers(store, "c1", "alice", [["carol", "reader"]]);
        await changeMembers(store, "c1", "alice", [["carol", null]]);
        await say(store, "c1", "alice", "two");
        await changeMembers(store, "c1", "alice", [["carol", "admin"]]);
        expect(await store.memberships("carol", null, 10)).toEqual([
          {
            conversation: "c1",
            role: "admin",
            spans: [
              [3, 4],
              [6, null],
            ],
          },
          { conversation: "d1", role: "member", spans: [[1, null]] },
        ]);
        const [first] = await store.memberships("carol", null, 1);
        expect(first?.spans).toEqual((await accessOf(store, "carol", "c1")).spans);
      }),
    );

    it(
      "stay with a null role of who has left, with what they could have up to then",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2", { wholeHistory: true }));
        for (const c of ["c1", "c2"]) {
          await say(store, c, "alice", "one");
          await changeMembers(store, c, "alice", [["carol", "member"]]);
          await say(store, c, "alice", "two");
          await changeMembers(store, c, "alice", [["carol", null]]);
          await say(store, c, "alice", "three");
        }
        expect(await store.memberships("carol", null, 10)).toEqual([
          { conversation: "c1", role: null, spans: [[3, 5]] },
          { conversation: "c2", role: null, spans: [[1, 5]] },
        ]);
        for (const c of ["c1", "c2"]) await changeMembers(store, c, "alice", [["carol", "reader"]]);
        const spans = (await store.memberships("carol", null, 10)).map((each) => each.spans);
        expect(spans).toEqual([
          [
            [3, 5],
            [7, null],
          ],
          [[1, null]],
        ]);
      }),
    );

    it(
      "are none in a conversation that was removed, for who had left before too, or where one only was banned",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        await store.append([message("c1", "host", "hello", { system: true })]);
        await store.ban("c2", "mallory", true);
        await store.remove("c1", "alice", ["owner"]);
        expect((await store.memberships("alice", null, 10)).map(({ conversation: c }) => c)).toEqual(["c2"]);
        expect((await store.memberships("bob", null, 10)).map(({ conversation: c }) => c)).toEqual(["c2"]);
        expect(await store.memberships("host", null, 10)).toEqual([]);
        expect(await store.memberships("mallory", null, 10)).toEqual([]);
      }),
    );

    it(
      "are where the user has written without being a member, without a role and spans, until they join",
      withStore(async (store) => {
        for (const c of ["c1", "c2", "c3"]) await store.create(conversation(c, { wholeHistory: c === "c3" }));
        for (const c of ["c1", "c3"]) await store.append([message(c, "host", "hello", { system: true })]);
        expect(await store.memberships("host", null, 10)).toEqual([
          { conversation: "c1", role: null, spans: [] },
          { conversation: "c3", role: null, spans: [] },
        ]);
        expect((await store.memberships("host", null, 1)).map(({ conversation: c }) => c)).toEqual(["c1"]);
        expect((await store.inbox("host", null, 10)).rows).toEqual([]);
        await changeMembers(store, "c1", "alice", [["host", "reader"]]);
        expect((await store.memberships("host", null, 1))[0]).toEqual({
          conversation: "c1",
          role: "reader",
          spans: [[3, null]],
        });
      }),
    );
  });
}
