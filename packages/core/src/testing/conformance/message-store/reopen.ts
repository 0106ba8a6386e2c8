import type { MessageStore } from "../../../ports/message-store.ts";
import { codeOf } from "../code-of.ts";
import type { Runner } from "../runner.ts";
import type { MessageStoreAdapter, WithStore } from "./adapter-under-test.ts";
import {
  appendEvent,
  changeMembers,
  changeOfMembers,
  changeSettings,
  conversation,
  deletion,
  direct,
  edit,
  message,
  outcomeOf,
  reaction,
  say,
  wordOf,
} from "./entries.ts";
import { accessOf, feedOf, logOf, named, presentOf, settingsOf } from "./readings.ts";

/** What is there when the storage is opened again: everything, or nothing at all. */
export function reopenCases(
  { describe, it, expect }: Runner,
  withStore: WithStore,
  { capabilities: { survivesReopen, durability } }: MessageStoreAdapter,
): void {
  describe("opened again", () => {
    it(
      `says ${durability} of itself`,
      withStore(async (store) => {
        expect(store.durability).toBe(durability);
      }),
    );

    if (!survivesReopen) {
      it(
        "it has forgotten everything, keys and settings too",
        withStore(async (store, { reopen }) => {
          await store.create(conversation("c1"));
          const { cursor } = await store.inbox("alice", null, 10);
          const { mark } = await store.feed(null, 10, 1e6);
          await store.setting("secret", () => "old");
          await store.position("indexer", { from: null, to: mark });
          await store.lease("digest", "n1", 60_000);
          await store.revoke("alice", 60_000);
          await store.close();
          const again = reopen();
          await again.open();
          expect(
            await again.range({ conversation: "c1", view: "log", after: 0, from: "oldest", rows: 1, bytes: 1 }),
          ).toBe(null);
          expect(await again.setting("secret", () => "new")).toBe("new");
          expect((await again.create(conversation("c1", { creator: "bob" }))).kind).toBe("created");
          // A cursor of the life before does not hide what is new.
          const page = await again.inbox("alice", cursor, 10);
          expect([page.rows.map(({ c }) => c), page.reset]).toEqual([["c1"], true]);
          expect(await codeOf(again.feed(mark, 10, 1e6))).toBe("invalid");
          expect(await again.position("indexer")).toBe(null);
          expect(await again.lease("digest", "n2", 60_000)).toBe(true);
          expect((await again.revocations(0, 10)).revoked).toEqual([]);
          await again.close();
        }),
      );
      return;
    }

    it(
      "I1 I4 I5: it has every log, key, membership, cursor and setting, and numbers on",
      withStore(async (store, { reopen }) => {
        await store.create(conversation("c1", { title: "Lunch", meta: { n: 1 } }));
        const { row } = await appendEvent(store, message("c1", "alice", "anybody?"));
        const entry = message("c1", "bob", "hi", { re: row.seq, mentions: ["alice"] });
        await appendEvent(store, entry);
        const { cursor } = await store.inbox("bob", null, 10);
        await changeMembers(store, "c1", "alice", [["carol", "admin"]]);
        await store.setting("secret", () => "kept");
        const before = await Promise.all([
          logOf(store, "c1"),
          accessOf(store, "bob", "c1"),
          store.row("carol", "c1"),
          store.members("c1", null, 10),
        ]);
        await store.close();
        const again = reopen();
        await again.open();
        const after = await Promise.all([
          logOf(again, "c1"),
          accessOf(again, "bob", "c1"),
          again.row("carol", "c1"),
          again.members("c1", null, 10),
        ]);
        expect(after).toEqual(before);
        expect(await outcomeOf(again, entry)).toBe("duplicate");
        expect(await again.setting("secret", () => "new")).toBe("kept");
        const page = await again.inbox("bob", cursor, 10);
        expect([page.rows.map(({ c }) => c), page.reset]).toEqual([["c1"], false]);
        expect((await again.inbox("bob", page.cursor, 10)).rows).toEqual([]);
        expect((await appendEvent(again, message("c1", "bob", "on"))).row.seq).toBe(5);
        await again.close();
      }),
    );

    it(
      "I1 I4 I14: it has messages as they stand, settings, slots, bans, blocks, watermarks and private state",
      withStore(async (store, { reopen }) => {
        await store.create(conversation("c1", { open: true }));
        await store.create(direct("d1", "alice", "bob"));
        await store.create(conversation("c2"));
        const strangers = (await store.inbox("bob", null, 10)).cursor;
        const [one = 0, two = 0] = await say(store, "c1", "alice", "one", "two");
        const change = edit("c1", "alice", one, "one again");
        await store.append([
          change,
          reaction("c1", "bob", one, "👍"),
          message("c1", "alice", "reply", { re: one, mentions: ["bob"], slot: "s" }),
          deletion("c1", "alice", two),
        ]);
        await changeSettings(store, "c1", "alice", { title: "t", slow: 1_000, pinned: [one] });
        await store.ban("c1", "carol", true);
        await store.block("bob", "alice", true);
        await store.put("bob", "c1", { mute: 5, marked: true });
        await store.raise([{ user: "bob", conversation: "c1", delivered: 6 }]);
        await store.remove("c2", "alice", ["owner"]);
        const all = (each: MessageStore) =>
          Promise.all([
            presentOf(each, "c1", "bob"),
            logOf(each, "c1"),
            each.settings("c1"),
            each.row("bob", "c1"),
            each.receipts("c1", 3, null, 10),
            each.blocked("alice", ["bob", "carol"]),
          ]);
        const before = await all(store);
        const { membersVersion } = await settingsOf(store, "c1");
        await store.close();
        const again = reopen();
        await again.open();
        expect(await all(again)).toEqual(before);
        const joining = {
          ...changeOfMembers("c1", "carol", [["carol", "member"]], membersVersion),
          join: true,
        } as const;
        const outcomes = [
          change,
          edit("c1", "alice", two, "late"),
          message("c1", "alice", "", { type: "x-ping", slot: "s", expect: 0 }),
          message("c1", "bob", "slow"),
          message("c1", "bob", "too soon"),
          message("d1", "alice", "hi"),
          joining,
        ];
        expect((await again.append(outcomes)).map(wordOf)).toEqual([
          "duplicate",
          "deleted",
          "slot",
          "event",
          "too_soon",
          "blocked",
          "banned",
        ]);
        expect(await again.create(conversation("c2"))).toEqual({ kind: "conflict" });
        const { rows } = await again.inbox("bob", strangers, 10);
        expect(rows.find(({ c }) => c === "c2")).toEqual({ c: "c2", gone: true });
        await again.close();
      }),
    );

    it(
      "I4 I17 S10: it has feed, leases, positions, revocations, retention, and what expired or was erased",
      withStore(async (store, { reopen }) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        await store.create(conversation("c3"));
        await changeMembers(store, "c1", "alice", [["carol", "member"]]);
        await changeMembers(store, "c1", "alice", [["carol", null]]);
        await changeSettings(store, "c1", "alice", { retention: { messages: 2 } });
        const erased = message("c2", "bob", "SECRET", { mentions: "all" });
        const rewritten = message("c1", "bob", "as stored", {
          key: { id: "m-rewritten", hash: "as sent", rewritten: true },
        });
        await store.append([message("c1", "alice", "SECRET"), rewritten, message("c1", "alice", "on"), erased]);
        const { mark } = await store.feed(null, 4, 1e6);
        await store.remove("c3", "alice", ["owner"]);
        await store.expire("c1", { messages: 2 }, 100);
        await store.erase("bob", "c2");
        await store.lease("held", "n1", 600_000);
        await store.lease("given up", "n1", 600_000);
        await store.lease("given up", "n1", 0);
        await store.position("indexer", { from: null, to: mark });
        const revoked = await store.revoke("alice", 600_000);
        // Of marks each is good, and the next one may be another.
        const itemsOf = async (each: MessageStore, after?: string) => (await feedOf(each, after)).items;
        const all = (each: MessageStore) =>
          Promise.all([
            itemsOf(each),
            itemsOf(each, mark),
            logOf(each, "c1", "bob"),
            logOf(each, "c2"),
            each.row("alice", "c1"),
            each.row("alice", "c2"),
            each.settings("c1"),
            each.conversations(null, 10),
            each.memberships("carol", null, 10),
            each.position("indexer"),
            each.revocations(0, 10),
          ]);
        const before = await all(store);
        const { mark: end } = await feedOf(store);
        await store.close();
        const again = reopen();
        await again.open();
        expect(await all(again)).toEqual(before);
        expect(await again.lease("held", "n2", 600_000)).toBe(false);
        expect(await again.lease("held", "n1", 600_000)).toBe(true);
        expect(await again.lease("given up", "n2", 600_000)).toBe(true);
        expect(await again.revoke("bob", 600_000)).toBeGreaterThan(revoked);
        const [told] = await again.append([rewritten]);
        expect(told?.kind === "duplicate" && told.rewritten).toBe(true);
        const repeat = { ...erased, key: { id: erased.key?.id ?? "", hash: "another" } };
        expect(await outcomeOf(again, repeat)).toBe("duplicate");
        expect(await outcomeOf(again, message("c1", "alice", "reply", { re: 5 }))).toBe("no_target");
        await appendEvent(again, message("c1", "bob", "later"));
        expect((await feedOf(again, end)).items.map(named)).toEqual(["c1 8"]);
        await again.close();
      }),
    );

    it(
      "close waits for what is in hand",
      withStore(async (store, { reopen }) => {
        await store.create(conversation("c1"));
        const appends = Array.from({ length: 30 }, (_, n) => store.append([message("c1", "alice", `${n}`)]));
        await store.close();
        const results = (await Promise.all(appends)).flat();
        const again = reopen();
        await again.open();
        const { rows } = await logOf(again, "c1");
        expect(rows.slice(1)).toEqual(results.map((result) => result.kind === "event" && result.row));
        await again.close();
      }),
    );
  });
}
