import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Append, MessageStore } from "@earshot/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { contradictionsIn } from "./contradictions.ts";

let directory = "";
let file = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earshot-purge-"));
  file = join(directory, "chat.db");
});

afterEach(() => rmSync(directory, { recursive: true }));

const SECRET = "the-secret-that-was-deleted";
const members = [
  ["alice", "owner"],
  ["bob", "member"],
] as const;

async function createGroup(store: MessageStore, id: string): Promise<void> {
  const about = { kind: "group", mode: "push", creator: "alice", at: 1, open: true, wholeHistory: false } as const;
  const first = [{ type: "meta", body: { title: SECRET, members } }] as const;
  await store.create({ ...about, id, epoch: `e-${id}`, title: SECRET, meta: { note: SECRET }, members, first });
}

let made = 0;
function entry(conversation: string, differing: Partial<Append> = {}): Append {
  made += 1;
  const id = `m${made}`;
  const body = { text: `${SECRET} ${"x".repeat(700)}` };
  const key = { id, hash: id };
  return { conversation, user: "alice", at: 1, type: "message", body, key, by: ["owner", "member"], ...differing };
}

/** Rows of a closed file, in every table that a conversation has rows in but those that say it was there. */
function rowsLeft(): number {
  const database = new DatabaseSync(file, { readOnly: true });
  const tables =
    "events keys message_states reactions reaction_counts slots mentions mentions_of_all bans heads purges feed";
  const counts = tables.split(" ").map((table) => database.prepare(`SELECT count(*) AS count FROM ${table}`).get());
  database.close();
  return counts.reduce((sum, row) => sum + Number(row?.["count"]), 0);
}

async function fill(store: MessageStore, c: string, rows: number): Promise<void> {
  await createGroup(store, c);
  await store.ban(c, "mallory", true);
  for (let written = 0; written < rows; written += 500) {
    await store.append(
      Array.from({ length: 500 }, (_, n) => entry(c, { mentions: n % 2 === 0 ? "all" : ["bob"], slot: `s${n}` })),
    );
  }
  await store.append(
    Array.from({ length: 500 }, (_, n) => entry(c, { type: "react", re: 2 + n, reaction: { key: "👍", on: true } })),
  );
}

describe("what was deleted", () => {
  it("is not in the file any longer once it was closed: body, edits and reactions of a message", async () => {
    const store = sqliteStore(file);
    await store.open();
    await createGroup(store, "kept");
    await store.append([
      entry("kept"),
      entry("kept", { type: "edit", re: 2, body: { text: `${SECRET}-edited ${"y".repeat(5_000)}` } }),
      entry("kept", { type: "react", re: 2, reaction: { key: "👍", on: true }, body: {} }),
      entry("kept", { type: "delete", re: 2, body: {} }),
      entry("kept", { body: { text: "stays" } }),
    ]);
    await store.close();
    const bytes = readFileSync(file, "latin1");
    expect(bytes.includes("stays")).toBe(true);
    expect(bytes.includes(`${SECRET} x`)).toBe(false);
    expect(bytes.includes(`${SECRET}-edited`)).toBe(false);
    expect(contradictionsIn(file)).toEqual({});
  });
});

describe("what has expired, or was erased", () => {
  /** A closed file's bytes, once all that waits to be taken out is. */
  async function bytesAtLast(): Promise<string> {
    for (let opened = 0; purgesLeft() > 0 && opened < 100; opened++) {
      const store = sqliteStore(file);
      await store.open();
      await new Promise((resolve) => setTimeout(resolve, 50));
      await store.close();
    }
    return readFileSync(file, "latin1");
  }

  function purgesLeft(): number {
    const database = new DatabaseSync(file, { readOnly: true });
    const row = database.prepare("SELECT count(*) AS count FROM purges").get();
    database.close();
    return Number(row?.["count"]);
  }

  const KEY = "the-secret-key-of-a-reaction";
  const long = (text: string) => ({ text: `${text} ${"x".repeat(5_000)}` });
  const reaction = (user: string, re: number) =>
    entry("kept", { user, type: "react", re, reaction: { key: KEY, on: true }, body: { key: KEY, on: true } });

  async function filled(): Promise<MessageStore> {
    const store = sqliteStore(file);
    await store.open();
    const about = { id: "kept", kind: "group", mode: "push", creator: "alice", at: 1, open: true } as const;
    const first = [{ type: "meta", body: { members } }] as const;
    await store.create({ ...about, epoch: "e", title: null, meta: null, wholeHistory: false, members, first });
    await store.append([
      entry("kept", { user: "bob", body: long(SECRET), mentions: [`${SECRET}-named`] }),
      entry("kept", { user: "bob", type: "edit", re: 2, body: long(`${SECRET}-edited`) }),
      entry("kept", { user: "bob", type: "x-note", body: { text: SECRET } }),
      reaction("alice", 2),
      reaction("bob", 2),
      entry("kept", { user: "alice", body: { text: "stays" } }),
      reaction("bob", 7),
    ]);
    return store;
  }

  it("is not in the file any longer once it was closed: by retention", async () => {
    const store = await filled();
    await store.append([
      entry("kept", { type: "react", re: 7, reaction: { key: KEY, on: false }, user: "bob", body: {} }),
    ]);
    expect(await store.expire("kept", { messages: 1 }, 100)).toEqual({ from: 7, more: false });
    // The reaction to what is kept is an event of its own.
    await store.append([entry("kept", { body: { text: "stays too" } })]);
    await store.expire("kept", { messages: 1 }, 100);
    await store.close();
    const bytes = await bytesAtLast();
    expect(bytes.includes("stays too")).toBe(true);
    for (const text of [SECRET, KEY, '"stays"']) expect(bytes.includes(text), text).toBe(false);
    expect(contradictionsIn(file)).toEqual({});
  });

  it("is not in the file any longer once it was closed: of one user", async () => {
    const store = await filled();
    await store.erase("bob", "kept");
    await store.close();
    const bytes = await bytesAtLast();
    expect(bytes.includes("stays")).toBe(true);
    expect(bytes.includes(SECRET)).toBe(false);
    // Alice's own is in her event yet.
    expect(bytes.split(KEY).length - 1).toBe(1);
    expect(contradictionsIn(file, ["bob"])).toEqual({});
  });
});

describe("a conversation that was removed", () => {
  it("is taken out of the file, across closings, while the others are served", async () => {
    let store = sqliteStore(file);
    await store.open();
    await fill(store, "c1", 3_000);
    await createGroup(store, "kept");
    const removed = await store.remove("c1", "alice", ["owner"]);
    expect(removed).toEqual({ kind: "removed", members: ["alice", "bob"] });
    expect(await store.create({ ...again, id: "c1" })).toEqual({ kind: "conflict" });
    // Between its steps the others are served, and a new conversation has nothing of it.
    expect((await store.append([entry("kept", { body: { text: "on" } })]))[0]?.kind).toBe("event");
    expect((await store.create({ ...again, id: "c2" })).kind).toBe("created");
    expect((await store.row("bob", "c2"))?.mentions).toBe(0);
    await store.close();
    const left = rowsLeft();
    expect(left).toBeGreaterThan(100);
    for (let opened = 0; rowsLeft() > 10 && opened < 500; opened++) {
      store = sqliteStore(file);
      await store.open();
      await new Promise((resolve) => setTimeout(resolve, 250));
      await store.close();
    }
    // Two heads, three events, a key, and in the feed each of the events and that one is removed.
    expect(rowsLeft()).toBe(10);
    expect(contradictionsIn(file)).toEqual({});
    expect(readFileSync(file, "latin1").includes(`${SECRET} x`)).toBe(false);
  });
});

const again = {
  kind: "group",
  mode: "push",
  epoch: "e-again",
  creator: "alice",
  at: 1,
  title: null,
  meta: null,
  open: false,
  wholeHistory: false,
  members,
  first: [{ type: "meta", body: {} }],
} as const;
