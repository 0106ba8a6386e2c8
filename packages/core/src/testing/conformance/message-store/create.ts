import type { Role, UserId } from "@earshot/protocol";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { AT, appendEvent, changeOfMembers, conversation, direct, message } from "./entries.ts";
import { accessOf, logOf } from "./readings.ts";

/** A conversation begins with its first events and members, once. */
export function createCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("create", () => {
    it(
      "I5: the first events are numbered from 1, by the creator, and count no message",
      withStore(async (store) => {
        const given = conversation("c1", { epoch: "the-epoch", title: "Lunch", at: AT + 7 });
        const created = await store.create(given);
        const row = { seq: 1, ord: 0, type: "meta", from: "alice", at: AT + 7, body: given.first[0]?.body };
        expect(created.kind === "created" && created.rows).toEqual([row]);
        const { epoch, head, ord, rows } = await logOf(store, "c1");
        expect([epoch, head, ord, rows]).toEqual(["the-epoch", 1, 0, [row]]);
        for (const user of ["alice", "bob"]) {
          expect(await accessOf(store, user, "c1")).toEqual({
            role: user === "alice" ? "owner" : "member",
            spans: [[1, null]],
            kind: "group",
            mode: "push",
            epoch: "the-epoch",
            head: 1,
            ord: 0,
            delivered: 1,
            read: 1,
            members: 2,
            membersVersion: created.kind === "created" ? created.membersVersion : null,
          });
        }
      }),
    );

    it(
      "2,500 members come with a meta and two member events, and each has the log from 1",
      withStore(async (store) => {
        const members = crowd(2_500);
        const first = [
          { type: "meta" as const, body: { members: members.slice(0, 1_000) } },
          { type: "member" as const, body: { members: members.slice(1_000, 2_000) } },
          { type: "member" as const, body: { members: members.slice(2_000) } },
        ];
        const created = await store.create(conversation("c1", { members, first, creator: "u0" }));
        const rows = created.kind === "created" ? created.rows : [];
        expect(rows.map(({ seq, ord, type, from }) => [seq, ord, type, from])).toEqual([
          [1, 0, "meta", "u0"],
          [2, 0, "member", "u0"],
          [3, 0, "member", "u0"],
        ]);
        expect((await logOf(store, "c1")).rows).toEqual(rows);
        for (const user of ["u0", "u999", "u1000", "u2499"]) {
          const { spans, delivered, read, head, members: count } = await accessOf(store, user, "c1");
          expect([spans, delivered, read, head, count], user).toEqual([[[1, null]], 1, 1, 3, 2_500]);
          expect((await store.inbox(user, null, 10)).rows.length, user).toBe(1);
        }
        await appendEvent(store, message("c1", "u2499", "hi"));
      }),
    );

    it(
      "a direct of the same two users is the same conversation, whoever of them creates",
      withStore(async (store) => {
        expect((await store.create(direct("d1", "bob", "alice"))).kind).toBe("created");
        for (const again of [
          direct("d2", "alice", "bob"),
          direct("d3", "bob", "alice"),
          direct("d1", "alice", "bob"),
        ]) {
          expect(await store.create(again)).toEqual({ kind: "existing", id: "d1" });
        }
        expect(
          await store.range({ conversation: "d2", view: "log", after: 0, from: "oldest", rows: 1, bytes: 1 }),
        ).toBe(null);
        expect((await store.create(direct("d4", "alice", "carol"))).kind).toBe("created");
        expect((await logOf(store, "d1")).head).toBe(1);
      }),
    );

    it(
      "two groups of the same two users are two conversations",
      withStore(async (store) => {
        expect((await store.create(conversation("c1"))).kind).toBe("created");
        expect((await store.create(conversation("c2"))).kind).toBe("created");
      }),
    );

    it(
      "an id that this creator made before is existing and unchanged; another's is a conflict",
      withStore(async (store) => {
        await store.create(conversation("c1", { title: "first" }));
        const again = conversation("c1", {
          title: "second",
          members: [
            ["alice", "owner"],
            ["carol", "member"],
          ],
        });
        expect(await store.create(again)).toEqual({ kind: "existing", id: "c1" });
        expect((await store.row("alice", "c1"))?.title).toBe("first");
        expect(await store.row("carol", "c1")).toBe(null);
        expect(await store.create(conversation("c1", { creator: "bob" }))).toEqual({ kind: "conflict" });
        expect((await accessOf(store, "alice", "c1")).members).toBe(2);
      }),
    );

    it(
      "by the host makes it no member: those that are named are all, or nobody is",
      withStore(async (store) => {
        const made = conversation("c1", { creator: "host", members: [["bob", "owner"]] });
        const created = await store.create(made);
        expect(created.kind === "created" && created.rows[0]?.from).toBe("host");
        expect((await accessOf(store, "bob", "c1")).members).toBe(1);
        expect(await store.access([{ user: "host", conversation: "c1" }])).toEqual([null]);
        expect((await store.inbox("host", null, 10)).rows).toEqual([]);
        expect(await store.create(made)).toEqual({ kind: "existing", id: "c1" });
        expect(await store.create(conversation("c1", { creator: "bob" }))).toEqual({ kind: "conflict" });
        await store.create(conversation("c2", { creator: "host", members: [] }));
        expect((await store.members("c2", null, 10))?.members).toEqual([]);
        const { row } = await appendEvent(store, message("c2", "host", "alone", { system: true }));
        expect((await logOf(store, "c2")).rows.at(-1)).toEqual(row);
        const { membersVersion = 0 } = (await store.settings("c2")) ?? {};
        const joined = changeOfMembers("c2", "host", [["carol", "owner"]], membersVersion);
        await appendEvent(store, { ...joined, system: true });
        expect((await accessOf(store, "carol", "c2")).spans).toEqual([[3, null]]);
      }),
    );

    it(
      "of many creations of one thing at once exactly one is created",
      withStore(async (store) => {
        const pair: readonly UserId[] = ["alice", "bob"];
        const directs = Array.from({ length: 10 }, (_, n) => {
          const [one = "", other = ""] = n % 2 === 0 ? pair : pair.toReversed();
          return direct(`d${n}`, one, other);
        });
        const groups = Array.from({ length: 10 }, () => conversation("c1"));
        const [made, grouped] = await Promise.all([
          Promise.all(directs.map((each) => store.create(each))),
          Promise.all(groups.map((group) => store.create(group))),
        ]);
        expect(made.filter(({ kind }) => kind === "created").length).toBe(1);
        expect(grouped.filter(({ kind }) => kind === "created").length).toBe(1);
        const first = made.findIndex(({ kind }) => kind === "created");
        expect(new Set(made.map((each) => each.kind === "existing" && each.id))).toEqual(new Set([false, `d${first}`]));
        expect((await store.inbox("bob", null, 10)).rows.length).toBe(2);
      }),
    );
  });
}

function crowd(count: number): readonly (readonly [UserId, Role])[] {
  return Array.from({ length: count }, (_, n) => [`u${n}`, n === 0 ? "owner" : "member"]);
}
