import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, conversation, deletion, edit, message, outcomeOf, reaction, say, wordOf } from "./entries.ts";
import { logOf, messageOf, presentOf } from "./readings.ts";

/** What an edit makes of its message, and what a deletion takes away. */
export function editAndDeleteCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("edits", () => {
    it(
      "give their message a new body and say by which seq; the log has both as they happened",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const sent = message("c1", "alice", "one", { mentions: ["bob"], slot: "s" });
        const { row } = await appendEvent(store, sent);
        await say(store, "c1", "bob", "between");
        const first = await appendEvent(store, edit("c1", "alice", row.seq, "two", { mentions: ["alice"] }));
        expect(await messageOf(store, "c1", row.seq)).toEqual({ ...row, body: { text: "two" }, edited: first.row.seq });
        const last = await appendEvent(store, edit("c1", "alice", row.seq, "three"));
        const present = { ...row, body: { text: "three" }, edited: last.row.seq };
        expect(await messageOf(store, "c1", row.seq)).toEqual(present);
        const { rows } = await logOf(store, "c1");
        expect(rows.filter(({ seq }) => [row, first.row, last.row].some((each) => each.seq === seq))).toEqual([
          row,
          first.row,
          last.row,
        ]);
        expect(["edited" in (rows[1] ?? {}), first.row.re, first.row.ord]).toEqual([false, row.seq, 2]);
      }),
    );

    it(
      "of one message leave every other as it was",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        await say(store, "c2", "alice", "other");
        const [one = 0, two = 0] = await say(store, "c1", "alice", "one", "two");
        await appendEvent(store, edit("c1", "alice", one, "changed"));
        expect((await messageOf(store, "c1", two)).body).toEqual({ text: "two" });
        expect((await messageOf(store, "c2", one)).body).toEqual({ text: "other" });
      }),
    );

    it(
      "in the batch of their message come after it, and a repeat is the same edit",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const change = edit("c1", "alice", 2, "two");
        const results = await store.append([message("c1", "alice", "one"), change, change]);
        expect(results.map(wordOf)).toEqual(["event", "event", "duplicate"]);
        expect(results[2]?.kind === "duplicate" && [results[2].seq, results[2].ord]).toEqual([3, 1]);
        await appendEvent(store, edit("c1", "alice", 2, "three"));
        // The repeat of an older edit brings its text back no more.
        expect(await outcomeOf(store, change)).toBe("duplicate");
        const { body, edited } = await messageOf(store, "c1", 2);
        expect([body, edited]).toEqual([{ text: "three" }, 4]);
      }),
    );

    it(
      "are last in the inbox as they stand",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0] = await say(store, "c1", "alice", "one");
        const { row } = await appendEvent(store, edit("c1", "alice", seq, "two"));
        expect((await store.row("bob", "c1"))?.last).toEqual(await messageOf(store, "c1", seq, "bob"));
        expect((await store.row("bob", "c1"))?.last?.edited).toBe(row.seq);
        expect((await store.inbox("bob", null, 10)).rows).toEqual([await store.row("bob", "c1")]);
      }),
    );

    it(
      "I1: what the caller does to an edit afterwards does not reach the message",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0] = await say(store, "c1", "alice", "one");
        const body = { text: "two" };
        await appendEvent(store, edit("c1", "alice", seq, "", { body }));
        body.text = "changed";
        expect((await messageOf(store, "c1", seq)).body).toEqual({ text: "two" });
      }),
    );
  });

  describe("deletions", () => {
    it(
      "take body and mentions of the message and of its edits away, in every view, page and row",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const naming = { mentions: ["bob", "alice"] };
        const { row } = await appendEvent(store, message("c1", "alice", "SECRET", { ...naming, slot: "s" }));
        const first = await appendEvent(store, edit("c1", "alice", row.seq, "SECRET too", naming));
        const second = await appendEvent(store, edit("c1", "alice", row.seq, "SECRET three", { mentions: "all" }));
        await appendEvent(store, reaction("c1", "bob", row.seq, "👍"));
        const gone = await appendEvent(store, deletion("c1", "alice", row.seq));
        const { rows } = await logOf(store, "c1");
        for (const { seq, ord, id, type, from, at, re, slot } of [row, first.row, second.row]) {
          const bare = JSON.parse(JSON.stringify({ seq, ord, id, type, from, at, re, slot, deleted: true }));
          expect(rows[seq - 1]).toEqual(bare);
          expect(Object.keys(rows[seq - 1] ?? {}).sort()).toEqual(Object.keys(bare).sort());
        }
        expect(rows[gone.row.seq - 1]).toEqual(gone.row);
        const present = await messageOf(store, "c1", row.seq, "bob");
        expect(present).toEqual(rows[row.seq - 1]);
        expect(Object.keys(present).sort()).toEqual(["at", "deleted", "from", "id", "ord", "seq", "slot", "type"]);
        expect((await store.row("bob", "c1"))?.last).toEqual(present);
        for (const reader of ["alice", "bob", undefined]) {
          for (const page of [await logOf(store, "c1", reader), await presentOf(store, "c1", reader)]) {
            expect(JSON.stringify(page).includes("SECRET"), reader).toBe(false);
          }
        }
        expect(JSON.stringify(await store.inbox("alice", null, 10)).includes("SECRET")).toBe(false);
      }),
    );

    it(
      "leave other messages, their edits and the counters as they were",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [one = 0, two = 0] = await say(store, "c1", "alice", "one", "two");
        await appendEvent(store, edit("c1", "alice", two, "changed"));
        const before = await messageOf(store, "c1", two);
        const { row } = await appendEvent(store, deletion("c1", "bob", one, { target: {} }));
        expect([row.seq, row.ord, row.re, row.from]).toEqual([5, 2, one, "bob"]);
        expect(await messageOf(store, "c1", two)).toEqual(before);
        expect((await store.row("bob", "c1"))?.last?.seq).toBe(two);
        // A deleted message is a message: it counts, and a new one is numbered on.
        expect((await appendEvent(store, message("c1", "bob", "three"))).row.ord).toBe(3);
        expect((await store.row("alice", "c1"))?.unread).toBe(1);
      }),
    );

    it(
      "I4: leave the key: a repeat is answered as before and brings nothing back",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const sent = message("c1", "alice", "SECRET");
        const { row } = await appendEvent(store, sent);
        const change = edit("c1", "alice", row.seq, "SECRET too");
        await appendEvent(store, change);
        const gone = deletion("c1", "alice", row.seq);
        const { row: tombstone } = await appendEvent(store, gone);
        const [again, edited, deleted] = await store.append([sent, change, gone]);
        expect([again, edited, deleted].map((each) => each?.kind === "duplicate" && each.seq)).toEqual([
          row.seq,
          row.seq + 1,
          tombstone.seq,
        ]);
        expect(await outcomeOf(store, { ...sent, key: { id: sent.key?.id ?? "", hash: "another" } })).toBe("conflict");
        expect(JSON.stringify((await logOf(store, "c1")).rows).includes("SECRET")).toBe(false);
      }),
    );

    it(
      "in one batch end what follows them: an edit that needs its message is refused, a second deletion is none",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const results = await store.append([
          message("c1", "alice", "SECRET"),
          edit("c1", "alice", 2, "SECRET too"),
          deletion("c1", "alice", 2),
          edit("c1", "alice", 2, "SECRET three"),
          reaction("c1", "bob", 2, "👍"),
          deletion("c1", "alice", 2),
          message("c1", "bob", "on"),
        ]);
        expect(results.map(wordOf)).toEqual(["event", "event", "event", "deleted", "deleted", "event", "event"]);
        const { rows } = await logOf(store, "c1");
        expect(rows.map(({ type }) => type)).toEqual(["meta", "message", "edit", "delete", "delete", "message"]);
        expect(JSON.stringify(rows).includes("SECRET")).toBe(false);
        const { deleted, edited, reactions } = await messageOf(store, "c1", 2);
        expect([deleted, edited, reactions]).toEqual([true, undefined, undefined]);
      }),
    );

    it(
      "stay: what is appended to a deleted message all the same shows nowhere",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [seq = 0] = await say(store, "c1", "alice", "one");
        await appendEvent(store, deletion("c1", "alice", seq));
        const late = await appendEvent(store, edit("c1", "alice", seq, "SECRET", { target: {}, mentions: ["bob"] }));
        await appendEvent(store, reaction("c1", "bob", seq, "👍", true, { target: {} }));
        const present = await messageOf(store, "c1", seq, "bob");
        expect(Object.keys(present).sort()).toEqual(["at", "deleted", "from", "id", "ord", "seq", "type"]);
        const row = (await logOf(store, "c1")).rows[late.row.seq - 1];
        expect([row?.type, row?.deleted, row?.body, row?.mentions]).toEqual(["edit", true, undefined, undefined]);
      }),
    );

    it(
      "keep the replies of their message, and are replies themselves",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [root = 0] = await say(store, "c1", "alice", "root");
        const { row } = await appendEvent(store, message("c1", "bob", "reply", { re: root }));
        await store.append([deletion("c1", "alice", root), deletion("c1", "alice", row.seq)]);
        const { replies, deleted } = await messageOf(store, "c1", root);
        expect([replies, deleted]).toEqual([1, true]);
        expect((await messageOf(store, "c1", row.seq)).re).toBe(root);
      }),
    );
  });
}
