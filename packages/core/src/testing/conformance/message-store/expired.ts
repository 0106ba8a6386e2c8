import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  appendEvent,
  changeMembers,
  changeSettings,
  conversation,
  deletion,
  edit,
  message,
  outcomeOf,
  reaction,
  say,
} from "./entries.ts";
import { accessOf, logOf, messageOf, pageOf, presentOf, ROOM, settingsOf } from "./readings.ts";

/** What a log is like whose beginning has gone. */
export function expiredCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("after expiry", () => {
    it(
      "I17: no span begins below it, for the gateway, for who has the whole history, and for who has left",
      withStore(async (store) => {
        await store.create(conversation("c1", { wholeHistory: true }));
        await store.create(conversation("c2"));
        for (const c of ["c1", "c2"]) {
          await say(store, c, "alice", "2");
          await changeMembers(store, c, "alice", [["carol", "member"]]); // 3
          await changeMembers(store, c, "alice", [["carol", null]]); // 4
          await changeMembers(store, c, "alice", [["carol", "member"]]); // 5
          await say(store, c, "alice", "6");
          await changeMembers(store, c, "alice", [["carol", null]]); // 7
          await changeMembers(store, c, "alice", [["carol", "member"]]); // 8
          await changeMembers(store, c, "alice", [["dave", "member"]]); // 9
          await changeMembers(store, c, "alice", [["dave", null]]); // 10
          await say(store, c, "alice", "11");
          await store.expire(c, { messages: 2 }, 100); // from 6
        }
        const spansOf = async (user: string, c: string) => (await accessOf(store, user, c)).spans;
        expect(await spansOf("alice", "c1")).toEqual([[6, null]]);
        expect(await spansOf("carol", "c1")).toEqual([[6, null]]);
        expect(await spansOf("alice", "c2")).toEqual([[6, null]]);
        expect(await spansOf("carol", "c2")).toEqual([
          [6, 7],
          [8, null],
        ]);
        for (const c of ["c1", "c2"]) {
          expect((await logOf(store, c)).spans).toEqual([[6, null]]);
          for (const reader of ["alice", "carol"]) {
            const page = await logOf(store, c, reader);
            expect([page.spans, page.rows[0]?.seq]).toEqual([await spansOf(reader, c), 6]);
          }
        }
        const daves = async () => (await store.memberships("dave", null, 10)).map(({ spans }) => spans);
        expect(await daves()).toEqual([[[6, 10]], [[9, 10]]]);
        for (const c of ["c1", "c2"]) await store.expire(c, { messages: 1 }, 100); // from 11
        expect(await daves()).toEqual([[], []]);
        expect(await spansOf("carol", "c2")).toEqual([[11, null]]);
      }),
    );

    it(
      "nothing below it is in any page of any view, and no page says that there is",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", ..."23456789");
        await store.expire("c1", { messages: 3 }, 100);
        for (const reader of [undefined, "bob"]) {
          for (const view of ["log", "present"] as const) {
            const one = { conversation: "c1", view, ...ROOM, ...(reader && { reader }) } as const;
            const seqs = async (query: object) => {
              const page = await pageOf(store, { ...one, from: "oldest", ...query });
              return [page.rows.map(({ seq }) => seq), page.older, page.newer];
            };
            expect((await seqs({}))[0], view).toEqual([7, 8, 9]);
            expect((await seqs({ after: 3, rows: 2 }))[0], view).toEqual([7, 8]);
            expect((await seqs({ from: "newest", rows: 2 })).slice(0, 2), view).toEqual([[8, 9], true]);
            expect((await seqs({ from: "newest", rows: 3 })).slice(0, 2), view).toEqual([[7, 8, 9], false]);
            expect((await seqs({ from: "newest", before: 7 })).slice(0, 2), view).toEqual([[], false]);
            expect((await seqs({ before: 8 }))[0], view).toEqual([7]);
          }
          const around = await pageOf(store, {
            conversation: "c1",
            view: "present",
            from: 3,
            rows: 2,
            bytes: 1e6,
            ...(reader && { reader }),
          });
          expect([around.rows.map(({ seq }) => seq), around.older, around.newer]).toEqual([[7, 8], false, true]);
        }
      }),
    );

    it(
      "what is gone is no target, and no reply, edit or reaction brings it back",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await say(store, "c1", "alice", "SECRET", "kept");
        await store.expire("c1", { messages: 1 }, 100);
        for (const entry of [
          message("c1", "alice", "reply", { re: 2 }),
          edit("c1", "alice", 2, "edit"),
          deletion("c1", "alice", 2),
          reaction("c1", "alice", 2, "👍"),
        ]) {
          expect(await outcomeOf(store, entry), entry.type).toBe("no_target");
        }
        expect(await outcomeOf(store, message("c1", "bob", "reply", { re: 3 }))).toBe("event");
        expect(JSON.stringify(await logOf(store, "c1")).includes("SECRET")).toBe(false);
      }),
    );

    it(
      "what is kept stands as it was: its edits, reactions and replies, and replies to what is gone",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const [gone = 0] = await say(store, "c1", "alice", "gone");
        await appendEvent(store, reaction("c1", "bob", gone, "❤"));
        const { row: kept } = await appendEvent(store, message("c1", "alice", "kept", { re: gone }));
        const change = await appendEvent(store, edit("c1", "alice", kept.seq, "kept, changed"));
        await appendEvent(store, reaction("c1", "bob", kept.seq, "👍"));
        const late = await appendEvent(store, edit("c1", "alice", gone, "gone, changed"));
        await appendEvent(store, message("c1", "bob", "reply", { re: kept.seq }));
        const before = await messageOf(store, "c1", kept.seq, "bob");
        const log = (await logOf(store, "c1")).rows;
        await store.expire("c1", { messages: 2 }, 100);
        expect(await messageOf(store, "c1", kept.seq, "bob")).toEqual(before);
        expect([before.edited, before.replies, before.reactions]).toEqual([change.row.seq, 1, [["👍", 1, true]]]);
        expect((await logOf(store, "c1")).rows).toEqual(log.slice(kept.seq - 1));
        expect((await logOf(store, "c1")).rows.some(({ seq }) => seq === late.row.seq)).toBe(true);
        const thread = await pageOf(store, { conversation: "c1", view: "present", from: "oldest", re: gone, ...ROOM });
        expect(thread.rows.map(({ seq }) => seq)).toEqual([kept.seq]);
        await appendEvent(store, deletion("c1", "alice", kept.seq));
        expect((await messageOf(store, "c1", kept.seq)).deleted).toBe(true);
      }),
    );

    it(
      "a row's last and mentions are of what is kept, and unread counts on until read rises",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await appendEvent(store, message("c1", "alice", "2", { mentions: ["bob"] }));
        await appendEvent(store, message("c1", "alice", "3", { mentions: "all" }));
        await appendEvent(store, message("c1", "alice", "4", { mentions: ["bob"] }));
        await appendEvent(store, message("c1", "alice", "5", { mentions: "all" }));
        await appendEvent(store, message("c1", "alice", "6"));
        await appendEvent(store, message("c1", "alice", "", { type: "x-ping" }));
        const row = async () => {
          const { unread, mentions, last, read } = (await store.row("bob", "c1")) ?? {};
          return [unread, mentions, last?.seq ?? null, read];
        };
        const { at } = (await logOf(store, "c1")).rows[0] ?? { at: 0 };
        expect(await row()).toEqual([5, 4, 6, 1]);
        await store.expire("c1", { messages: 4 }, 100); // from 3
        expect(await row()).toEqual([5, 3, 6, 1]);
        await store.expire("c1", { messages: 3 }, 100); // from 4
        expect(await row()).toEqual([5, 2, 6, 1]);
        await store.expire("c1", { messages: 2 }, 100); // from 5
        expect(await row()).toEqual([5, 1, 6, 1]);
        await store.raise([{ user: "bob", conversation: "c1", read: 3 }]);
        expect(await row()).toEqual([2, 1, 6, 3]);
        await store.raise([{ user: "bob", conversation: "c1", read: 5 }]);
        expect(await row()).toEqual([1, 0, 6, 5]);
        await store.expire("c1", { before: at + 1 }, 100); // from 7, the head
        expect(await row()).toEqual([1, 0, null, 5]);
        await store.raise([{ user: "bob", conversation: "c1", read: 6 }]);
        expect(await row()).toEqual([0, 0, null, 6]);
      }),
    );

    it(
      "a last that a member may have is the newest of their spans, or none",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await changeMembers(store, "c1", "alice", [["carol", "member"]]); // 2
        await say(store, "c1", "alice", "3");
        await changeMembers(store, "c1", "alice", [["carol", null]]); // 4
        await say(store, "c1", "alice", "5");
        await changeMembers(store, "c1", "alice", [["carol", "member"]]); // 6
        expect((await store.row("carol", "c1"))?.last?.seq).toBe(3);
        await store.expire("c1", { messages: 1 }, 100);
        expect((await store.row("carol", "c1"))?.last).toBe(null);
        expect((await store.row("bob", "c1"))?.last?.seq).toBe(5);
      }),
    );

    it(
      "I4: keys, slots, pins, pace, settings and watermarks are as they were",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const sent = message("c1", "bob", "2", { slot: "s" });
        const { row } = await appendEvent(store, sent);
        await changeSettings(store, "c1", "alice", { title: "t", slow: 60_000, pinned: [row.seq], open: true });
        await store.raise([{ user: "alice", conversation: "c1", read: 2 }]);
        await store.put("alice", "c1", { mute: true });
        await say(store, "c1", "alice", "4");
        await store.raise([{ user: "bob", conversation: "c1", delivered: 3 }]);
        const settings = await settingsOf(store, "c1");
        const marks = await store.receipts("c1", 2, null, 10);
        const rowOfAlice = await store.row("alice", "c1");
        await store.expire("c1", { messages: 1 }, 100);
        expect(await settingsOf(store, "c1")).toEqual(settings);
        expect(await store.receipts("c1", 2, null, 10)).toEqual(marks);
        expect(await store.row("alice", "c1")).toEqual(rowOfAlice);
        expect((await store.row("alice", "c1"))?.pinned).toEqual([row.seq]);
        const [again] = await store.append([sent]);
        expect(again?.kind === "duplicate" && [again.seq, again.ord, again.at]).toEqual([row.seq, row.ord, row.at]);
        const other = { ...sent, key: { id: sent.key?.id ?? "", hash: "another" } };
        expect(await outcomeOf(store, other)).toBe("conflict");
        expect(await outcomeOf(store, message("c1", "bob", "too soon"))).toBe("too_soon");
        const link = (expect: number) => message("c1", "alice", "", { type: "x-link", slot: "s", expect });
        expect(await store.append([link(0)])).toEqual([{ kind: "refused", code: "slot", last: row.seq }]);
        expect(await outcomeOf(store, link(row.seq))).toBe("event");
      }),
    );

    it(
      "inboxes have no news, and keep their order",
      withStore(async (store) => {
        for (const c of ["c1", "c2", "c3"]) {
          await store.create(conversation(c));
          await say(store, c, "alice", "2", "3");
        }
        const { cursor } = await store.inbox("bob", null, 10);
        await store.expire("c1", { messages: 1 }, 100);
        await store.expire("c2", { messages: 1 }, 100);
        expect((await store.inbox("bob", cursor, 10)).rows).toEqual([]);
        const { rows } = await store.inbox("bob", null, 10);
        expect(rows.map(({ c }) => c)).toEqual(["c3", "c2", "c1"]);
        expect((await presentOf(store, "c1", "bob")).rows.map(({ seq }) => seq)).toEqual([3]);
      }),
    );

    it(
      "one who joins has what is from their own join, one with the whole history what is kept",
      withStore(async (store) => {
        for (const [c, wholeHistory] of [
          ["c1", false],
          ["c2", true],
        ] as const) {
          await store.create(conversation(c, { wholeHistory }));
          await say(store, c, "alice", "2", "3", "4");
          await store.expire(c, { messages: 2 }, 100);
          await changeMembers(store, c, "alice", [["carol", "member"]]);
        }
        expect((await accessOf(store, "carol", "c1")).spans).toEqual([[5, null]]);
        expect((await accessOf(store, "carol", "c2")).spans).toEqual([[3, null]]);
        expect((await store.row("carol", "c2"))?.unread).toBe(0);
      }),
    );
  });
}
