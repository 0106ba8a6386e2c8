import type { GoneRow, InboxRow } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { MessageStoreAdapter, WithStore } from "./adapter-under-test.ts";
import {
  AT,
  appendEvent,
  changeMembers,
  changeOfMembers,
  changeOfSettings,
  conversation,
  deletion,
  edit,
  message,
  reaction,
  say,
} from "./entries.ts";
import { settingsOf } from "./readings.ts";

/** What a row says, and what a cursor brings. */
export function inboxCases({ describe, it, expect }: Runner, withStore: WithStore, adapter: MessageStoreAdapter): void {
  const since = async (store: MessageStore, user: string, cursor: string) => {
    const { rows, cursor: next, more, reset } = await store.inbox(user, cursor, 100);
    expect([more, reset]).toEqual([false, false]);
    return { next, rows: rows.map(wordOf).sort() };
  };
  const cursorOf = async (store: MessageStore, user: string) => (await store.inbox(user, null, 100)).cursor;

  describe("inbox rows", () => {
    it(
      "carry everything there is to know, the same from inbox and from row",
      withStore(async (store) => {
        const meta = { icon: "🍲", nested: { n: 1 } };
        await store.create(conversation("c1", { epoch: "e1", title: "Lunch", meta, open: true }));
        await store.append([message("c1", "alice", "1"), message("c1", "bob", "2", { key: { id: "k", hash: "h" } })]);
        await appendEvent(store, message("c1", "alice", "3", { type: "x-ping" }));
        const row: InboxRow = {
          c: "c1",
          kind: "group",
          mode: "push",
          epoch: "e1",
          head: 4,
          ord: 2,
          delivered: 3,
          read: 3,
          unread: 0,
          mentions: 0,
          role: "member",
          title: "Lunch",
          meta,
          mute: false,
          last: { seq: 3, ord: 2, type: "message", id: "k", from: "bob", at: AT, body: { text: "2" } },
          open: true,
        };
        expect((await store.inbox("bob", null, 10)).rows).toEqual([row]);
        expect(await store.row("bob", "c1")).toEqual(row);
      }),
    );

    it(
      "leave open out where it is not set, and have null for no title, meta or message",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const row = await store.row("alice", "c1");
        expect([row?.title, row?.meta, row?.last, row && "open" in row]).toEqual([null, null, null, false]);
      }),
    );

    it(
      "row is null for a stranger, for one who left and for an unknown conversation",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        expect([
          await store.row("mallory", "c1"),
          await store.row("bob", "c1"),
          await store.row("alice", "c9"),
        ]).toEqual([null, null, null]);
      }),
    );

    it(
      "unread counts the messages after read, and nothing else",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const unread = async (user: string) => (await store.row(user, "c1"))?.unread;
        await store.append([
          message("c1", "alice", "1"),
          message("c1", "alice", "x", { type: "x-ping" }),
          message("c1", "alice", "2"),
        ]);
        expect([await unread("alice"), await unread("bob")]).toEqual([0, 2]);
        await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        expect(await unread("carol")).toBe(0);
        await appendEvent(store, message("c1", "bob", "3"));
        expect([await unread("alice"), await unread("bob"), await unread("carol")]).toEqual([1, 0, 1]);
      }),
    );

    it(
      "I17: last is the newest message that this user can have",
      withStore(async (store) => {
        const last = async (user: string, c: string) => (await store.row(user, c))?.last?.body?.["text"] ?? null;
        for (const wholeHistory of [false, true]) {
          const c = wholeHistory ? "whole" : "own";
          await store.create(conversation(c, { wholeHistory }));
          await appendEvent(store, message(c, "alice", "before"));
          for (let n = 0; n < 5; n++) await appendEvent(store, message(c, "alice", "no message", { type: "x-ping" }));
          await changeMembers(store, c, "alice", [["carol", "member"]]);
          expect([await last("bob", c), await last("carol", c)]).toEqual(["before", wholeHistory ? "before" : null]);
          await store.append(["1", "2"].map((text) => message(c, "bob", text)));
          await changeMembers(store, c, "alice", [["carol", null]]);
          await appendEvent(store, message(c, "bob", "while away"));
          await changeMembers(store, c, "alice", [["carol", "member"]]);
          expect([await last("bob", c), await last("carol", c)]).toEqual([
            "while away",
            wholeHistory ? "while away" : "2",
          ]);
          await appendEvent(store, message(c, "bob", "back"));
          expect(await last("carol", c)).toBe("back");
        }
      }),
    );
  });

  describe("inbox cursors", () => {
    it(
      "from a cursor come the conversations that changed since, one row each",
      withStore(async (store) => {
        for (const c of ["c1", "c2", "c3"]) await store.create(conversation(c));
        const cursor = await cursorOf(store, "bob");
        expect((await since(store, "bob", cursor)).rows).toEqual([]);
        await store.append(["1", "2", "3"].map((text) => message("c2", "alice", text)));
        await store.create(conversation("c4"));
        await store.create(conversation("c5", { members: [["alice", "owner"]] }));
        const changed = await since(store, "bob", cursor);
        expect(changed.rows).toEqual(["c2", "c4"]);
        expect((await since(store, "bob", changed.next)).rows).toEqual([]);
        // The old cursor says the same again: a cursor is not used up.
        expect((await since(store, "bob", cursor)).rows).toEqual(["c2", "c4"]);
      }),
    );

    it(
      "every entry brings the conversation, whatever it is",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        const [seq = 0] = await say(store, "c1", "alice", "one");
        let cursor = await cursorOf(store, "bob");
        const { membersVersion, settingsVersion } = await settingsOf(store, "c1");
        for (const entry of [
          message("c1", "alice", "", { type: "x-ping" }),
          edit("c1", "alice", seq, "two"),
          reaction("c1", "alice", seq, "👍"),
          reaction("c1", "alice", seq, "👍", false),
          deletion("c1", "alice", seq),
          changeOfMembers("c1", "alice", [["carol", "member"]], membersVersion),
          changeOfSettings("c1", "alice", { title: "t" }, settingsVersion),
        ]) {
          await appendEvent(store, entry);
          const changed = await since(store, "bob", cursor);
          expect(changed.rows, entry.type).toEqual(["c1"]);
          cursor = changed.next;
        }
      }),
    );

    it(
      "what changes for one user alone comes too",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        const cursor = await cursorOf(store, "bob");
        await changeMembers(store, "c1", "alice", [["bob", "admin"]]);
        expect((await since(store, "bob", cursor)).rows).toEqual(["c1"]);
        expect((await store.row("bob", "c1"))?.role).toBe("admin");
      }),
    );

    it(
      "a conversation that was lost comes as gone, once; coming back makes it a row again",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        const before = await cursorOf(store, "bob");
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        const lost = await since(store, "bob", before);
        expect(lost.rows).toEqual(["c1 gone"]);
        // What happens there afterwards is no business of theirs.
        await appendEvent(store, message("c1", "alice", "after"));
        expect((await since(store, "bob", lost.next)).rows).toEqual([]);
        const fresh = await store.inbox("bob", null, 100);
        expect(fresh.rows.map(wordOf)).toEqual(["c2"]);
        await changeMembers(store, "c1", "alice", [["bob", "reader"]]);
        expect((await since(store, "bob", before)).rows).toEqual(["c1"]);
        expect((await since(store, "bob", lost.next)).rows).toEqual(["c1"]);
      }),
    );

    it(
      "an unknown cursor is taken as null, and says so",
      withStore(async (store) => {
        for (const c of ["c1", "c2", "c3"]) await store.create(conversation(c));
        const other = await adapter.create();
        try {
          await other.store.open();
          for (let n = 0; n < 9; n++) await other.store.create(conversation(`o${n}`));
          const { cursor } = await other.store.inbox("alice", null, 100);
          for (const unknown of ["", "nonsense", "0", "-1.-1.x", "9".repeat(400), "__proto__", "\u0000", cursor]) {
            const page = await store.inbox("alice", unknown, 2);
            expect([page.rows.map(wordOf), page.reset, page.more], unknown).toEqual([["c3", "c2"], true, true]);
            const rest = await store.inbox("alice", page.cursor, 2);
            expect([rest.rows.map(wordOf), rest.reset, rest.more], unknown).toEqual([["c1"], false, false]);
          }
        } finally {
          await other.destroy();
        }
      }),
    );

    it(
      "of somebody who is nowhere is empty, and its cursor brings the first conversation",
      withStore(async (store) => {
        const page = await store.inbox("bob", null, 10);
        expect([page.rows, page.more, page.reset]).toEqual([[], false, false]);
        await store.create(conversation("c1"));
        expect((await since(store, "bob", page.cursor)).rows).toEqual(["c1"]);
      }),
    );
  });
}

function wordOf(row: InboxRow | GoneRow): string {
  return "gone" in row ? `${row.c} gone` : row.c;
}
