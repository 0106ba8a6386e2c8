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
const AT = 1_700_000_000_000;
/** What carol's inbox gave there at the end. */
const CURSOR = "12..4cfc14b3e40000d2";

let directory = "";
let file = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earshot-migration-"));
  file = join(directory, "chat.db");
  copyFileSync(SCHEMA_1, file);
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

describe("a file of schema 1", () => {
  it("says of itself that it is one", () => {
    const database = new DatabaseSync(file, { readOnly: true });
    expect(database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
    database.close();
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
        kind: "group",
        mode: "push",
        title: "Lunch",
        meta: { icon: "🍲" },
        open: true,
        slow: 0,
        pinned: [],
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
