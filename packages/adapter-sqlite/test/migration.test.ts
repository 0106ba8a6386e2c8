import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import type { Append, MessageStore, RangeQuery } from "@earshot/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { contradictionsIn } from "./contradictions.ts";

/**
 * Written by the version that knew schema 1 alone: c1, a group of alice, bob and carol with messages,
 * replies (3 and 6 to 2), mentions (5 of bob and carol, 6 of all) and dave, who came at 7 and left at
 * 9; d1, a direct of alice and bob; and empty. m1 … m7 are the keys of its messages.
 */
const SCHEMA_1 = fileURLToPath(new URL("./fixtures/schema-1.db", import.meta.url));
/**
 * Written by the version that knew schema 2: c1, a group of alice, bob and carol with a reply (3 to 2),
 * mentions (4 of bob and carol, 5 of all), an edit (6) and two reactions (7 and 8) of 2, a message that
 * was deleted (9 by 10), a slot (11), dave, who came at 12 and left at 14, settings (15), a ban and a
 * private state; d1, a direct of alice and bob, of whom bob has blocked alice; whole, whose history every
 * member has; and gone, which was removed: its 300 keys and 101 of its events are still to be taken out.
 */
const SCHEMA_2 = fileURLToPath(new URL("./fixtures/schema-2.db", import.meta.url));
const AT = 1_700_000_000_000;
/** What carol's inbox gave there at the end. */
const CURSOR = "12..4cfc14b3e40000d2";
/** And bob's there, before gone was removed. */
const CURSOR_2 = "320..03f92e8721884149";

let directory = "";
let file = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earshot-migration-"));
  file = join(directory, "chat.db");
});

afterEach(() => rmSync(directory, { recursive: true }));

async function withStore(run: (store: MessageStore) => Promise<void>): Promise<void> {
  const store = sqliteStore(file);
  await store.open();
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

async function present(store: MessageStore, seq: number, reader = "bob") {
  const query: RangeQuery = { conversation: "c1", view: "present", from: seq, rows: 1, bytes: 1e9, reader };
  return (await store.range(query))?.rows[0];
}

const outcome = async (store: MessageStore, entry: Append) => (await store.append([entry]))[0];

const send = (n: number, user: string, differing: Partial<Append> = {}): Append => ({
  conversation: "c1",
  user,
  at: AT + n,
  type: "message",
  body: { text: `${n}` },
  key: { id: `m${n}`, hash: `h${n}` },
  by: ["owner", "member"],
  ...differing,
});

function schema(): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  const { user_version: version } = database.prepare("PRAGMA user_version").get() ?? {};
  database.close();
  return version;
}

/** The whole feed in short, in pages of two: `c1 2`, or `c1 gone`. */
async function feedOf(store: MessageStore, after: string | null = null) {
  const names: string[] = [];
  for (let mark = after; ; ) {
    const page = await store.feed(mark, 2, 1e6);
    names.push(...page.items.map((item) => `${item.conversation} ${"gone" in item ? "gone" : item.row.seq}`));
    ({ mark } = page);
    if (!page.more) return { names, mark };
  }
}

const seqs = (c: string, to: number) => Array.from({ length: to }, (_, before) => `${c} ${before + 1}`);

describe("a file of schema 1", () => {
  beforeEach(() => copyFileSync(SCHEMA_1, file));

  it("says of itself that it is one", () => {
    expect(schema()).toBe(1);
  });

  it("I1 I4 I14: opens with every log, key, membership, watermark, cursor and setting", async () => {
    await withStore(async (store) => {
      const page = await store.range({ conversation: "c1", view: "log", from: "oldest", rows: 100, bytes: 1e9 });
      expect(page?.rows.map(({ seq, type, id }) => [seq, type, id])).toEqual([
        [1, "meta", undefined],
        [2, "message", "m1"],
        [3, "message", "m2"],
        [4, "message", "m3"],
        [5, "message", "m4"],
        [6, "message", "m5"],
        [7, "member", undefined],
        [8, "message", "m6"],
        [9, "member", undefined],
      ]);
      expect(page?.rows.slice(1, 3)).toEqual([
        { seq: 2, ord: 1, type: "message", id: "m1", from: "alice", at: AT + 1, body: { text: "root" } },
        { seq: 3, ord: 2, type: "message", id: "m2", from: "bob", at: AT + 2, body: { text: "reply" }, re: 2 },
      ]);
      expect(await outcome(store, send(2, "bob"))).toMatchObject({ kind: "duplicate", seq: 3, ord: 2 });
      expect(await outcome(store, send(2, "bob", { key: { id: "m2", hash: "other" } }))).toMatchObject({
        code: "conflict",
      });
      const [carol, dave] = await store.access(["carol", "dave"].map((user) => ({ user, conversation: "c1" })));
      expect([carol?.role, carol?.delivered, carol?.read, carol?.membersVersion, dave]).toEqual([
        "member",
        4,
        4,
        3,
        null,
      ]);
      expect((await store.inbox("carol", CURSOR, 10)).rows).toEqual([]);
      expect((await store.inbox("carol", CURSOR, 10)).reset).toBe(false);
      expect(await store.setting("key", () => "another")).toBe("kept");
    });
    expect(contradictionsIn(file)).toEqual({});
  });

  it("has counted replies and mentions, and settings to begin with", async () => {
    await withStore(async (store) => {
      expect((await present(store, 2))?.replies).toBe(2);
      const mentions = async (user: string, c: string) => (await store.row(user, c))?.mentions;
      expect(await mentions("bob", "c1")).toBe(2);
      expect(await mentions("carol", "c1")).toBe(2);
      expect(await mentions("alice", "c1")).toBe(0);
      expect(await mentions("alice", "d1")).toBe(1);
      expect(await store.settings("c1")).toEqual({
        epoch: "epoch-c1",
        kind: "group",
        mode: "push",
        members: 3,
        title: "Lunch",
        meta: { icon: "🍲" },
        open: true,
        slow: 0,
        pinned: [],
        retention: null,
        settingsVersion: 1,
        membersVersion: 3,
      });
    });
  });

  it("goes on: edits, reactions, deletions, slow mode and a stay that begins again, also after the next open", async () => {
    await withStore(async (store) => {
      const about = (type: Append["type"], n: number, user: string, re: number, differing: Partial<Append> = {}) =>
        send(n, user, { type, re, ...differing });
      const results = await store.append([
        about("edit", 10, "alice", 2),
        about("react", 11, "bob", 2, { reaction: { key: "👍", on: true } }),
        about("delete", 12, "alice", 5),
        send(13, "alice", { key: { id: "m13", hash: "h13" }, settings: { slow: 5_000 }, ifSettingsVersion: 1 }),
        send(14, "bob"),
        send(15, "alice", { members: [["dave", "reader"]], ifMembersVersion: 3 }),
      ]);
      expect(results.map((each) => (each.kind === "refused" ? each : each.kind))).toEqual([
        "event",
        "event",
        "event",
        "event",
        // Since bob's own message of before: AT + 2.
        { kind: "refused", code: "too_soon", retryAfterMs: 4_988 },
        "event",
      ]);
    });
    await withStore(async (store) => {
      const root = await present(store, 2);
      expect([root?.body, root?.edited, root?.reactions, root?.replies]).toEqual([
        { text: "10" },
        10,
        [["👍", 1, true]],
        2,
      ]);
      expect(await present(store, 5)).toEqual({
        seq: 5,
        ord: 4,
        type: "message",
        id: "m4",
        from: "alice",
        at: AT + 4,
        deleted: true,
      });
      expect((await store.row("carol", "c1"))?.mentions).toBe(1);
      const [dave] = await store.access([{ user: "dave", conversation: "c1" }]);
      expect(dave?.spans).toEqual([
        [7, 9],
        [14, null],
      ]);
    });
    expect(readFileSync(file, "latin1").includes('"named"')).toBe(false);
  });
});

describe("a file of schema 2", () => {
  beforeEach(() => copyFileSync(SCHEMA_2, file));

  it("says of itself that it is one", () => {
    expect(schema()).toBe(2);
  });

  it("I1 I4 I14: opens with everything as it was, and is of the newest schema then", async () => {
    await withStore(async (store) => {
      const page = await store.range({ conversation: "c1", view: "log", from: "oldest", rows: 100, bytes: 1e9 });
      expect(page?.rows.map(({ seq, ord, type }) => `${seq} ${ord} ${type}`)).toEqual([
        "1 0 meta",
        "2 1 message",
        "3 2 message",
        "4 3 message",
        "5 4 message",
        "6 4 edit",
        "7 4 react",
        "8 4 react",
        "9 5 message",
        "10 5 delete",
        "11 5 x-step",
        "12 5 member",
        "13 6 message",
        "14 6 member",
        "15 6 meta",
      ]);
      expect(page?.spans).toEqual([[1, null]]);
      const root = await present(store, 2);
      expect([root?.body, root?.edited, root?.reactions, root?.replies]).toEqual([
        { text: "root, edited" },
        6,
        [["👍", 2, true]],
        1,
      ]);
      expect(await outcome(store, send(2, "bob"))).toEqual({
        kind: "duplicate",
        epoch: "e-c1",
        seq: 3,
        ord: 2,
        at: AT + 2,
      });
      const bob = await store.row("bob", "c1");
      expect([bob?.read, bob?.unread, bob?.mentions, bob?.pinned, bob?.slow, bob?.title]).toEqual([
        7,
        2,
        0,
        [2],
        1_000,
        "Dinner",
      ]);
      expect([(await store.row("carol", "c1"))?.mute, (await store.row("carol", "c1"))?.marked]).toEqual([true, true]);
      expect((await store.settings("c1"))?.retention).toBe(null);
      expect(await store.blocked("alice", ["bob", "carol"])).toEqual([true, false]);
      expect(await store.setting("key", () => "another")).toBe("kept");
      const inbox = await store.inbox("bob", CURSOR_2, 10);
      expect([inbox.rows, inbox.reset]).toEqual([[{ c: "gone", gone: true }], false]);
    });
    expect(schema()).toBe(3);
    expect(contradictionsIn(file)).toEqual({});
  });

  it("I5 I9: has a feed of all that it held, which goes on with what is new", async () => {
    let mark: string | null = null;
    await withStore(async (store) => {
      const before = await feedOf(store);
      expect(before.names.toSorted()).toEqual(
        [...seqs("c1", 15), ...seqs("d1", 1), ...seqs("whole", 2), "gone gone"].toSorted(),
      );
      expect(before.names.filter((name) => name.startsWith("c1"))).toEqual(seqs("c1", 15));
      expect(await outcome(store, send(40, "alice"))).toMatchObject({ kind: "event" });
      await store.remove("whole", "alice", ["owner"]);
      expect((await feedOf(store, before.mark)).names).toEqual(["c1 16", "whole gone"]);
      expect((await feedOf(store)).names.length).toBe(15 + 1 + 1 + 2);
      ({ mark } = before);
    });
    await withStore(async (store) => {
      expect((await feedOf(store, mark)).names).toEqual(["c1 16", "whole gone"]);
    });
    expect(contradictionsIn(file)).toEqual({});
  });

  it("goes on: expiry, erasure, memberships and what nodes tell each other, also after the next open", async () => {
    await withStore(async (store) => {
      expect(await store.conversations(null, 10)).toEqual(
        ["c1", "d1", "whole"].map((conversation) => ({ conversation, retention: null })),
      );
      expect((await store.memberships("dave", null, 10)).map(({ role, spans }) => [role, spans])).toEqual([
        [null, [[12, 14]]],
      ]);
      // Of six messages the newest three: at 5, 9 and 13.
      expect(await store.expire("c1", { messages: 3 }, 3)).toEqual({ from: 4, more: true });
      expect(await store.expire("c1", { messages: 3 }, 100)).toEqual({ from: 5, more: false });
      await store.erase("bob", "c1");
      await store.erase("bob", null);
      expect(await store.revoke("bob", 60_000)).toBeGreaterThan(0);
    });
    await withStore(async (store) => {
      const page = await store.range({ conversation: "c1", view: "log", from: "oldest", rows: 100, bytes: 1e9 });
      expect(page?.rows.filter(({ deleted }) => deleted).map(({ seq, type }) => `${seq} ${type}`)).toEqual([
        "5 message",
        "7 react",
        "9 message",
      ]);
      expect([page?.rows.length, page?.spans]).toEqual([11, [[5, null]]]);
      expect((await feedOf(store)).names.filter((name) => name.startsWith("c1"))).toEqual(seqs("c1", 15).slice(4));
      expect(await outcome(store, send(4, "bob", { key: { id: "m4", hash: "another" } }))).toMatchObject({ seq: 5 });
      expect(await store.blocked("alice", ["bob"])).toEqual([false]);
      expect((await store.revocations(0, 10)).revoked.map(([user]) => user)).toEqual(["bob"]);
    });
    expect(contradictionsIn(file, ["bob"])).toEqual({});
  });
});
