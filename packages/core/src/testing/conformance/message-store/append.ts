import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { AT, appendEvent, changeOfMembers, conversation, message, outcomeOf, wordOf } from "./entries.ts";
import { accessOf, logOf, textsOf } from "./readings.ts";

/** Numbering, refusals, and what a sender's own entry does to them. */
export function appendCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("append", () => {
    it(
      "I5: seq rises by exactly 1, ord with messages only",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const types = ["message", "x-ping", "edit", "message", "react", "delete", "message"] as const;
        const results = await store.append(types.map((type) => message("c1", "alice", type, { type })));
        const numbers = results.map((result) => (result.kind === "event" ? [result.row.seq, result.row.ord] : null));
        expect(numbers).toEqual([
          [2, 1],
          [3, 1],
          [4, 1],
          [5, 2],
          [6, 2],
          [7, 2],
          [8, 3],
        ]);
        const { head, ord } = await logOf(store, "c1");
        expect([head, ord]).toEqual([8, 3]);
      }),
    );

    it(
      "I11: results stand in the order of the batch, and so do the seqs of each conversation",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        const batch = Array.from({ length: 60 }, (_, n) => message(n % 3 === 0 ? "c1" : "c2", "alice", `${n}`));
        const results = await store.append(batch);
        const texts = results.map((result) => (result.kind === "event" ? result.row.body?.["text"] : null));
        expect(texts).toEqual(batch.map(({ body }) => body?.["text"]));
        for (const c of ["c1", "c2"]) {
          const given = batch.filter((entry) => entry.conversation === c).map(({ body }) => body?.["text"]);
          expect(await textsOf(store, c)).toEqual(given);
        }
      }),
    );

    it(
      "I1 I13: what append resolved with is what the log holds, field by field",
      withStore(async (store) => {
        await store.create(conversation("c1", { epoch: "the-epoch" }));
        const body = {
          text: 'naïve 👋 \u2028 "quoted" \\',
          nested: { list: [1, -0.5, null, true, ""], "\\": 1, "\n": 2, '"': 3 },
        };
        const full = message("c1", "bob", "", {
          body,
          re: 2,
          mentions: ["alice", "bob"],
          at: AT + 5,
          key: { id: "k1", hash: "h" },
        });
        const [toAll, result, bare] = await store.append([
          message("c1", "alice", "", { mentions: "all", key: { id: "k2", hash: "h" } }),
          full,
          { conversation: "c1", user: "alice", at: AT, type: "meta", by: ["owner"] },
        ]);
        const row = {
          seq: 3,
          ord: 2,
          type: "message",
          id: "k1",
          from: "bob",
          at: AT + 5,
          body,
          re: 2,
          mentions: ["alice", "bob"],
        };
        expect(result).toEqual({ kind: "event", epoch: "the-epoch", row, mode: "push", membersVersion: 1 });
        const { rows, epoch } = await logOf(store, "c1");
        expect(epoch).toBe("the-epoch");
        expect(rows.slice(1)).toEqual([toAll, result, bare].map((each) => each?.kind === "event" && each.row));
        // A field that was not given is absent, in what append says as in what the log says.
        for (const each of [bare?.kind === "event" ? bare.row : {}, rows[3] ?? {}]) {
          expect(Object.keys(each).sort()).toEqual(["at", "from", "ord", "seq", "type"]);
        }
      }),
    );

    it(
      "I1: what the caller does to an entry afterwards does not reach the log",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const body = { text: "as it was" };
        await appendEvent(store, message("c1", "alice", "", { body }));
        body.text = "changed";
        expect(await textsOf(store, "c1")).toEqual(["as it was"]);
      }),
    );

    it(
      "refuses with not_found a conversation that is unknown and a user who is no member",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        expect(await outcomeOf(store, message("c9", "alice", "hi"))).toBe("not_found");
        expect(await outcomeOf(store, message("c1", "mallory", "hi"))).toBe("not_found");
      }),
    );

    it(
      "refuses with forbidden a role that may not append this",
      withStore(async (store) => {
        await store.create(
          conversation("c1", {
            members: [
              ["alice", "owner"],
              ["bob", "reader"],
            ],
          }),
        );
        expect(await outcomeOf(store, message("c1", "bob", "hi", { by: ["owner", "admin", "member"] }))).toBe(
          "forbidden",
        );
        expect(await outcomeOf(store, message("c1", "bob", "hi", { by: ["reader"] }))).toBe("event");
        expect(await outcomeOf(store, message("c1", "alice", "hi", { by: ["reader"] }))).toBe("forbidden");
      }),
    );

    it(
      "refuses with no_target a reply to what is no message of this conversation",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        await store.append([message("c2", "alice", "1"), message("c2", "alice", "2")]);
        const batch = [
          message("c1", "alice", "to the meta event", { re: 1 }),
          message("c1", "alice", "to itself", { re: 2 }),
          message("c1", "alice", "one"),
          message("c1", "alice", "two", { re: 2 }),
          message("c1", "alice", "to another conversation's", { re: 4 }),
        ];
        const results = await store.append(batch);
        expect(results.map(wordOf)).toEqual(["no_target", "no_target", "event", "event", "no_target"]);
        expect(await textsOf(store, "c1")).toEqual(["one", "two"]);
      }),
    );

    it(
      "checks the key first, then membership, role, the version of the members, and what is replied to",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entry = message("c1", "bob", "hi");
        await appendEvent(store, entry);
        const nobody = { by: [], ifMembersVersion: 99, re: 99 };
        expect(await outcomeOf(store, { ...entry, ...nobody })).toBe("duplicate");
        expect(await outcomeOf(store, { ...entry, ...nobody, key: { id: entry.key?.id ?? "", hash: "other" } })).toBe(
          "conflict",
        );
        expect(await outcomeOf(store, message("c1", "mallory", "hi", nobody))).toBe("not_found");
        expect(await outcomeOf(store, message("c1", "bob", "hi", nobody))).toBe("forbidden");
        expect(await outcomeOf(store, message("c1", "bob", "hi", { ifMembersVersion: 99, re: 99 }))).toBe("stale");
      }),
    );

    it(
      "a refused entry leaves no trace and does not fail its neighbours",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const refused = message("c1", "bob", "2", { by: ["owner"] });
        const stale = changeOfMembers("c1", "alice", [["carol", "member"]], 99);
        const results = await store.append([
          message("c1", "bob", "1"),
          refused,
          message("c9", "bob", "nowhere"),
          message("c1", "mallory", "foreign"),
          stale,
          message("c1", "bob", "3"),
        ]);
        expect(results.map(wordOf)).toEqual(["event", "forbidden", "not_found", "not_found", "stale", "event"]);
        expect(await textsOf(store, "c1")).toEqual(["1", "3"]);
        expect((await logOf(store, "c1")).rows.map(({ seq }) => seq)).toEqual([1, 2, 3]);
        expect((await accessOf(store, "alice", "c1")).members).toBe(2);
        expect(await outcomeOf(store, { ...refused, lookup: true })).toBe("absent");
        expect(await outcomeOf(store, { ...refused, by: ["member"] })).toBe("event");
      }),
    );

    it(
      "I14: the sender's own read and delivered rise to the new seq, nobody else's do",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.append([message("c1", "alice", "1"), message("c1", "bob", "2"), message("c1", "alice", "3")]);
        const watermarks = async (user: string) => {
          const { delivered, read } = await accessOf(store, user, "c1");
          return [delivered, read];
        };
        expect(await watermarks("alice")).toEqual([4, 4]);
        expect(await watermarks("bob")).toEqual([3, 3]);
        // An event of the gateway is no send: whoever called for it may have left messages unread.
        await store.append([changeOfMembers("c1", "bob", [["carol", "member"]], 1)]);
        expect(await watermarks("bob")).toEqual([3, 3]);
      }),
    );

    it(
      "an empty batch resolves with nothing, one of 500 with 500",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        expect(await store.append([])).toEqual([]);
        const results = await store.append(Array.from({ length: 500 }, (_, n) => message("c1", "alice", `${n}`)));
        expect(results.length).toBe(500);
        expect((await logOf(store, "c1")).head).toBe(501);
      }),
    );
  });
}
