import type { EventRow } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  appendEvent,
  changeMembers,
  conversation,
  deletion,
  direct,
  edit,
  message,
  outcomeOf,
  reaction,
  say,
} from "./entries.ts";
import { accessOf, logOf, messageOf, presentOf } from "./readings.ts";

/** A user's content, taken out. */
export function eraseCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const bare = ({ body: _body, mentions: _mentions, ...row }: EventRow): EventRow => ({ ...row, deleted: true });
  const everythingOf = async (store: MessageStore, c: string) => [
    await logOf(store, c),
    await presentOf(store, c, "alice"),
    await store.row("alice", c),
    await store.row("bob", c),
    await store.settings(c),
    await store.members(c, null, 10),
    await store.receipts(c, 1, null, 10),
  ];

  describe("erasure in a conversation", () => {
    it(
      "empties the messages, edits and events of the host's types that the user wrote, in every view, page and row",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const naming = { mentions: ["alice", "bob"] };
        const { row } = await appendEvent(store, message("c1", "bob", "SECRET", { ...naming, slot: "s" }));
        const change = await appendEvent(store, edit("c1", "bob", row.seq, "SECRET two", naming));
        const own = await appendEvent(store, message("c1", "bob", "SECRET three", { type: "x-note", re: row.seq }));
        const last = await appendEvent(store, message("c1", "bob", "SECRET four", { mentions: "all" }));
        await store.erase("bob", "c1");
        const { rows } = await logOf(store, "c1");
        for (const written of [row, change.row, own.row, last.row]) {
          expect(rows[written.seq - 1], written.type).toEqual(bare(written));
          expect("body" in (rows[written.seq - 1] ?? {})).toBe(false);
        }
        const present = await presentOf(store, "c1", "alice");
        expect(present.rows.slice(1)).toEqual([bare(row), bare(last.row)]);
        expect((await store.row("alice", "c1"))?.last).toEqual(bare(last.row));
        expect((await store.row("alice", "c1"))?.mentions).toBe(0);
        expect((await store.row("alice", "c1"))?.unread).toBe(2);
        expect(JSON.stringify(await everythingOf(store, "c1")).includes("SECRET")).toBe(false);
        expect(JSON.stringify(await store.inbox("alice", null, 10)).includes("SECRET")).toBe(false);
      }),
    );

    it(
      "leaves what others wrote, membership, changes of members and settings, and replies",
      withStore(async (store) => {
        await store.create(conversation("c1", { creator: "bob", members: [["bob", "owner"]] }));
        await changeMembers(store, "c1", "bob", [["alice", "admin"]]);
        const [root = 0] = await say(store, "c1", "bob", "root");
        await appendEvent(store, message("c1", "alice", "reply", { re: root, mentions: ["bob"] }));
        const [kept = 0] = await say(store, "c1", "alice", "kept");
        await appendEvent(store, edit("c1", "alice", kept, "kept, changed"));
        await appendEvent(store, reaction("c1", "alice", kept, "👍"));
        await appendEvent(store, message("c1", "bob", "reply of bob", { re: kept }));
        await store.put("bob", "c1", { mute: true, marked: true });
        const before = await everythingOf(store, "c1");
        const marks = await accessOf(store, "bob", "c1");
        const log = await logOf(store, "c1");
        const present = await presentOf(store, "c1", "alice");
        await store.erase("bob", "c1");
        const bobs = ({ from, type }: EventRow) => from === "bob" && type === "message";
        const expected = (row: EventRow) => (bobs(row) ? bare(row) : row);
        expect(await logOf(store, "c1")).toEqual({ ...log, rows: log.rows.map(expected) });
        expect(await presentOf(store, "c1", "alice")).toEqual({ ...present, rows: present.rows.map(expected) });
        expect((await messageOf(store, "c1", root)).replies).toBe(1);
        expect((await messageOf(store, "c1", kept)).replies).toBe(1);
        expect(await accessOf(store, "bob", "c1")).toEqual(marks);
        expect((await everythingOf(store, "c1")).slice(4)).toEqual(before.slice(4));
        const row = await store.row("bob", "c1");
        expect([row?.mute, row?.marked, row?.mentions]).toEqual([true, true, 0]);
      }),
    );

    it(
      "takes back the user's reactions, and with their messages those of others",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [own = 0] = await say(store, "c1", "bob", "bob's");
        const [others = 0] = await say(store, "c1", "alice", "alice's");
        await appendEvent(store, reaction("c1", "bob", others, "👍"));
        await appendEvent(store, reaction("c1", "bob", others, "SECRET"));
        await appendEvent(store, reaction("c1", "alice", others, "❤"));
        await appendEvent(store, reaction("c1", "alice", others, "👍"));
        const mine = await appendEvent(store, reaction("c1", "alice", own, "👍"));
        await store.erase("bob", "c1");
        expect((await messageOf(store, "c1", others, "bob")).reactions).toEqual([
          ["👍", 1, false],
          ["❤", 1, false],
        ]);
        expect("reactions" in (await messageOf(store, "c1", own, "alice"))).toBe(false);
        const { rows } = await logOf(store, "c1");
        // Who reads the log must not count what is gone, and keys are any text.
        const reactions = rows.filter(({ type }) => type === "react");
        expect(reactions.map(({ body, deleted }) => [body?.["key"], deleted])).toEqual([
          [undefined, true],
          [undefined, true],
          ["❤", undefined],
          ["👍", undefined],
          ["👍", undefined],
        ]);
        expect(reactions[4]).toEqual(mine.row);
        expect(JSON.stringify(rows).includes("SECRET")).toBe(false);
        // One more key fits again, and what is taken back that was is nothing.
        await appendEvent(store, reaction("c1", "bob", others, "👍", false));
        expect((await messageOf(store, "c1", others)).reactions).toEqual([
          ["👍", 1, false],
          ["❤", 1, false],
        ]);
      }),
    );

    it(
      "I4: a repeat of what was erased is a duplicate whatever its content, and brings nothing back",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const sent = message("c1", "bob", "SECRET");
        const { row } = await appendEvent(store, sent);
        const change = edit("c1", "bob", row.seq, "SECRET two");
        const liked = reaction("c1", "bob", row.seq, "👍");
        const gone = message("c1", "bob", "SECRET three");
        await store.append([change, liked, gone, deletion("c1", "bob", 5)]);
        const hers = { ...sent, user: "alice" };
        await appendEvent(store, hers);
        await store.erase("bob", "c1");
        for (const [entry, seq] of [
          [sent, 2],
          [change, 3],
          [liked, 4],
          [gone, 5],
        ] as const) {
          for (const hash of [entry.key?.hash ?? "", "another", "a third"]) {
            const repeat = { ...entry, body: { text: "SECRET" }, key: { id: entry.key?.id ?? "", hash } };
            const [answer, found] = await store.append([repeat, { ...repeat, lookup: true }]);
            expect([answer?.kind, answer?.kind === "duplicate" && answer.seq], hash).toEqual(["duplicate", seq]);
            expect(found?.kind).toBe("duplicate");
          }
        }
        expect(JSON.stringify((await logOf(store, "c1")).rows.slice(0, 6)).includes("SECRET")).toBe(false);
        expect((await logOf(store, "c1")).head).toBe(7);
        // The same id of another user is another key.
        const another = { ...hers, key: { id: hers.key?.id ?? "", hash: "another" } };
        expect(await outcomeOf(store, another)).toBe("conflict");
      }),
    );

    it(
      "takes edits of theirs from another's message, which stands again as it did before",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [one = 0, two = 0] = await say(store, "c1", "alice", "one", "two");
        const hers = await appendEvent(store, edit("c1", "alice", one, "one, changed"));
        const any = { target: {} };
        const his = [];
        for (const re of [one, two, one, two]) his.push(await appendEvent(store, edit("c1", "bob", re, "SECRET", any)));
        await store.erase("bob", "c1");
        const { rows } = await logOf(store, "c1");
        for (const { row } of his) expect(rows[row.seq - 1]).toEqual(bare(row));
        const first = await messageOf(store, "c1", one, "bob");
        expect([first.body, first.edited]).toEqual([{ text: "one, changed" }, hers.row.seq]);
        const second = await messageOf(store, "c1", two, "bob");
        expect([second.body, "edited" in second, "deleted" in second]).toEqual([{ text: "two" }, false, false]);
      }),
    );

    it(
      "is no event: nothing is numbered; what was erased is deleted for who edits it",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [one = 0] = await say(store, "c1", "bob", "one");
        const { head, ord, epoch } = await logOf(store, "c1");
        await store.erase("bob", "c1");
        const page = await logOf(store, "c1");
        expect([page.head, page.ord, page.epoch, page.rows.length]).toEqual([head, ord, epoch, head]);
        expect(await outcomeOf(store, edit("c1", "bob", one, "late"))).toBe("deleted");
        expect(await outcomeOf(store, reaction("c1", "alice", one, "👍"))).toBe("deleted");
        expect(await outcomeOf(store, message("c1", "alice", "reply", { re: one }))).toBe("event");
        const late = await appendEvent(store, edit("c1", "bob", one, "SECRET", { target: {} }));
        expect((await logOf(store, "c1")).rows[late.row.seq - 1]).toEqual(bare(late.row));
        expect((await messageOf(store, "c1", one)).edited).toBe(undefined);
      }),
    );

    it(
      "is news for the inboxes of its members, once",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        await say(store, "c1", "bob", "one");
        const { cursor } = await store.inbox("alice", null, 10);
        await store.erase("bob", "c1");
        const news = await store.inbox("alice", cursor, 10);
        expect(news.rows).toEqual([await store.row("alice", "c1")]);
        await store.erase("bob", "c1");
        await store.erase("bob", "c2");
        await store.erase("mallory", "c2");
        expect((await store.inbox("alice", news.cursor, 10)).rows).toEqual([]);
      }),
    );

    it(
      "changes nothing a second time, and what is written afterwards is as ever",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "bob", "one");
        await store.erase("bob", "c1");
        const before = await everythingOf(store, "c1");
        await store.erase("bob", "c1");
        expect(await everythingOf(store, "c1")).toEqual(before);
        const entry = message("c1", "bob", "two", { mentions: ["alice"] });
        const { row } = await appendEvent(store, entry);
        const { row: change } = await appendEvent(store, edit("c1", "bob", row.seq, "three"));
        await appendEvent(store, reaction("c1", "bob", row.seq, "👍"));
        const present = await messageOf(store, "c1", row.seq, "alice");
        expect([present.body, present.edited, present.reactions]).toEqual([
          { text: "three" },
          change.seq,
          [["👍", 1, false]],
        ]);
        expect((await store.row("alice", "c1"))?.mentions).toBe(1);
        const other = { ...entry, key: { id: entry.key?.id ?? "", hash: "another" } };
        expect(await outcomeOf(store, other)).toBe("conflict");
      }),
    );

    it(
      "is of one conversation, of whoever wrote there: who has left, and who never was a member",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        for (const c of ["c1", "c2"]) {
          await say(store, c, "bob", "SECRET");
          await appendEvent(store, message(c, "host", "SECRET too", { system: true }));
        }
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        await store.erase("bob", "c1");
        await store.erase("host", "c1");
        const texts = async (c: string) => (await logOf(store, c)).rows.slice(1, 3).map(({ body }) => body?.["text"]);
        expect([await texts("c1"), await texts("c2")]).toEqual([
          [undefined, undefined],
          ["SECRET", "SECRET too"],
        ]);
        // Where there is nothing of theirs, and where there is nothing at all.
        await store.erase("carol", "c1");
        await store.erase("bob", "c9");
        await store.remove("c2", "alice", ["owner"]);
        await store.erase("bob", "c2");
        expect((await logOf(store, "c1")).head).toBe(4);
      }),
    );

    it(
      "works on what is left of a log whose beginning has gone",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [gone = 0] = await say(store, "c1", "bob", "gone");
        const [hers = 0] = await say(store, "c1", "alice", "hers");
        const [kept = 0] = await say(store, "c1", "bob", "SECRET");
        await appendEvent(store, edit("c1", "bob", gone, "SECRET too"));
        await appendEvent(store, reaction("c1", "bob", hers, "👍"));
        const { row } = await appendEvent(store, message("c1", "alice", "on"));
        await store.expire("c1", { messages: 2 }, 100);
        await store.erase("bob", "c1");
        const page = await logOf(store, "c1");
        expect(page.rows.map(({ seq, deleted }) => [seq, deleted === true])).toEqual([
          [kept, true],
          [kept + 1, true],
          [kept + 2, true],
          [row.seq, false],
        ]);
        expect(JSON.stringify(page).includes("SECRET")).toBe(false);
      }),
    );
  });

  describe("erasure apart from conversations", () => {
    it(
      "lifts the blocks of the user and those of others that name them, and no other",
      withStore(async (store) => {
        await store.create(direct("d1", "alice", "bob"));
        await store.block("alice", "bob", true);
        await store.block("bob", "carol", true);
        await store.block("alice", "carol", true);
        await store.block("carol", "dave", true);
        await store.erase("bob", null);
        expect(await store.blocked("bob", ["alice", "carol"])).toEqual([false, false]);
        expect(await store.blocked("carol", ["alice", "dave", "bob"])).toEqual([true, true, false]);
        expect(await outcomeOf(store, message("d1", "alice", "hi"))).toBe("event");
        await store.erase("bob", null);
        expect(await store.blocked("alice", ["carol"])).toEqual([true]);
      }),
    );

    it(
      "S10: leaves conversations and revocations as they are",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "bob", "one");
        await store.ban("c1", "carol", true);
        const mark = await store.revoke("bob", 60_000);
        const before = await everythingOf(store, "c1");
        await store.erase("bob", null);
        expect(await everythingOf(store, "c1")).toEqual(before);
        expect((await store.revocations(0, 10)).revoked).toEqual([["bob", mark]]);
      }),
    );
  });
}
