import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Append } from "@earshot/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EraseMark, Given } from "./calls.ts";
import { EXPIRED_ROWS_MAX } from "./expire-beginning.ts";
import { openDatabase } from "./open-database.ts";
import { read } from "./read.ts";
import { ReadStatements } from "./read-statements.ts";
import { conversationText, entryText } from "./texts.ts";
import { inTransaction } from "./transaction.ts";
import { WriteRound } from "./write-round.ts";
import { WriteStatements } from "./write-statements.ts";

let directory = "";
let database: DatabaseSync;
let statements: WriteStatements;
let reads: ReadStatements;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earshot-upkeep-"));
  database = openDatabase(join(directory, "chat.db")).database;
  // Thousands of rounds, of which none needs to outlive the test.
  database.exec("PRAGMA synchronous = OFF");
  statements = new WriteStatements(database);
  reads = new ReadStatements(database);
});

afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

function inRound<Result>(run: (round: WriteRound) => Result): Result {
  return inTransaction(database, () => {
    const round = new WriteRound(statements);
    const result = run(round);
    round.finish();
    return result;
  });
}

/** Rows that have been inserted, changed or deleted since the file was opened. */
function changes(): number {
  return Number(database.prepare("SELECT total_changes() AS rows").get()?.["rows"]);
}

function count(table: string): number {
  return Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.["rows"]);
}

function create(id: string): void {
  const members = [
    ["alice", "owner"],
    ["bob", "member"],
  ] as const;
  const about = { kind: "group", mode: "push", epoch: `e-${id}`, creator: "alice", at: 1, title: null } as const;
  const made = { ...about, id, meta: null, open: false, wholeHistory: false, members } as const;
  inRound((round) => round.create(conversationText({ ...made, first: [{ type: "meta", body: {} }] })));
}

let made = 0;
function entry(conversation: string, user: string, differing: Partial<Append> = {}): Append {
  made += 1;
  const id = `m${made}`;
  const by = ["owner", "admin", "member", "reader"] as const;
  return { conversation, user, at: made, type: "message", body: {}, key: { id, hash: id }, by, ...differing };
}

/** All of them in one round, each appended. */
function append(entries: readonly Append[]): void {
  inRound((round) => {
    for (const each of entries) expect(round.append(entryText(each)).kind).toBe("event");
  });
}

const times = (n: number, make: (n: number) => Append) => Array.from({ length: n }, (_, at) => make(at));

function feed(given: Partial<Given<"feed">> = {}) {
  const page = read(reads, { name: "feed", given: { after: null, rows: 1e6, bytes: 1e9, ...given } });
  return JSON.parse(page ?? "") as { items: { conversation: string }[]; mark: string; more: boolean };
}

/** Every step of an erasure, with the rows that each changed. */
function erase(user: string, conversation: string | null): readonly number[] {
  const steps: number[] = [];
  let from: EraseMark | null = null;
  do {
    const before = changes();
    from = inRound((round) => round.erase({ user, conversation, from }));
    steps.push(changes() - before);
  } while (from !== null);
  return steps;
}

describe("one call of expire", () => {
  it("takes a bounded number of events, and says that more are left", () => {
    create("c1");
    append(times(1_000, () => entry("c1", "alice", { mentions: "all" })));
    const rule = { conversation: "c1", before: null, messages: 1, rows: 10_000 };
    for (let from = 1 + EXPIRED_ROWS_MAX; from < 1_001; from += EXPIRED_ROWS_MAX) {
      const before = changes();
      expect(inRound((round) => round.expire(rule))).toEqual({ from, more: true });
      // An event and that it named all; the head.
      expect(changes() - before).toBeLessThanOrEqual(2 * EXPIRED_ROWS_MAX + 3);
    }
    expect(inRound((round) => round.expire(rule))).toEqual({ from: 1_001, more: false });
    expect([count("events"), count("mentions_of_all")]).toEqual([1, 1]);
  });

  it("takes the feed's stretches with the last of their events", () => {
    create("c1");
    for (let n = 0; n < 10; n++) append(times(10, () => entry("c1", "alice")));
    expect(count("feed")).toBe(11);
    const expire = (messages: number) =>
      inRound((round) => round.expire({ conversation: "c1", before: null, messages, rows: 1_000 }));
    expire(85);
    expect([count("feed"), feed().items.length]).toEqual([9, 85]);
    expire(80);
    expect([count("feed"), feed().items.length]).toEqual([8, 80]);
    expire(1);
    expect([count("feed"), feed().items.length]).toEqual([1, 1]);
  });
});

describe("an erasure", () => {
  it("goes in bounded steps, and leaves what comes after its beginning", () => {
    create("c1");
    append(times(1_000, (n) => entry("c1", n % 2 ? "alice" : "bob")));
    const first = inRound((round) => round.erase({ user: "bob", conversation: "c1", from: null }));
    const later = entry("c1", "bob");
    append([later]);
    for (let from = first; from !== null; ) {
      const before = changes();
      from = inRound((round) => round.erase({ user: "bob", conversation: "c1", from }));
      expect(changes() - before).toBeLessThanOrEqual(500);
    }
    expect(count("events WHERE deleted = 1 AND sender = 'bob'")).toBe(500);
    expect(count("events WHERE deleted = 1 AND sender = 'alice'")).toBe(0);
    expect(count("keys WHERE hash = ''")).toBe(500);
    const repeat = { ...later, key: { id: later.key?.id ?? "", hash: "another" } };
    expect(inRound((round) => round.append(entryText(repeat)))).toEqual({ kind: "refused", code: "conflict" });
  });

  it("that is repeated writes nothing", () => {
    create("c1");
    append(times(300, () => entry("c1", "bob", { mentions: ["alice"] })));
    append([entry("c1", "bob", { type: "edit", re: 2 }), entry("c1", "bob", { type: "x-step" })]);
    append([entry("c1", "bob", { type: "react", re: 3, reaction: { key: "k", on: true } })]);
    inRound((round) => round.block({ user: "bob", other: "alice", blocked: true }));
    expect(erase("bob", "c1").some((rows) => rows > 0)).toBe(true);
    expect(erase("bob", null)).toEqual([1]);
    for (const conversation of ["c1", null]) {
      for (const rows of erase("bob", conversation)) expect(rows).toBe(0);
    }
  });

  it("of an edit to another's message brings back what stood there before, without what was erased too", () => {
    create("c1");
    append([entry("c1", "alice", { body: { text: "first" } })]);
    const edit = (user: string, text: string) => entry("c1", user, { type: "edit", re: 2, body: { text } });
    append([edit("alice", "second"), edit("bob", "third"), edit("bob", "fourth")]);
    const present = () => {
      const query = { conversation: "c1", view: "present", from: 2, rows: 1, bytes: 1e6 } as const;
      const page = JSON.parse(read(reads, { name: "range", given: query }) ?? "") as {
        rows: Record<string, unknown>[];
      };
      return [page.rows[0]?.["body"], page.rows[0]?.["edited"]];
    };
    expect(present()).toEqual([{ text: "fourth" }, 5]);
    erase("bob", "c1");
    expect(present()).toEqual([{ text: "second" }, 3]);
  });

  it("takes blocks in steps, in both directions", () => {
    inRound((round) => {
      for (let n = 0; n < 450; n++) {
        round.block({ user: "bob", other: `u${n}`, blocked: true });
        round.block({ user: `u${n}`, other: "bob", blocked: true });
        round.block({ user: `u${n}`, other: "alice", blocked: true });
      }
    });
    expect(erase("bob", null)).toEqual([400, 400, 100]);
    expect(count("blocks")).toBe(450);
  });
});

describe("the feed", () => {
  it("passes over what was removed in bounded steps, also where they find nothing", () => {
    create("c1");
    create("c2");
    for (let n = 0; n < 5_000; n++) append([entry("c1", "alice")]);
    append([entry("c2", "alice")]);
    inRound((round) => round.remove({ conversation: "c1", user: "alice", by: 1 }));
    const found: string[] = [];
    let pages = 0;
    let empty = 0;
    for (let page = feed({ rows: 1 }); ; page = feed({ after: page.mark, rows: 1 })) {
      pages += 1;
      if (page.items.length === 0) empty += 1;
      found.push(...page.items.map(({ conversation }) => conversation));
      if (!page.more) break;
    }
    expect(found).toEqual(["c2", "c2", "c1"]);
    expect(empty).toBeGreaterThan(0);
    expect(pages).toBeLessThan(8);
  });
});

describe("who has written in a conversation without ever having been a member", () => {
  const found = (user: string) => {
    const text = read(reads, { name: "memberships", given: { user, after: "", limit: 10 } });
    return JSON.parse(text ?? "") as { conversation: string; role: string | null }[];
  };

  it("is found with it, its maker too, and is in no count and no inbox", () => {
    create("c1");
    const about = { kind: "group", mode: "push", epoch: "e", at: 1, title: null, meta: null, open: false } as const;
    const host = { ...about, id: "c2", creator: "host", wholeHistory: true, members: [] } as const;
    inRound((round) => round.create(conversationText({ ...host, first: [{ type: "meta", body: {} }] })));
    append([entry("c1", "host", { by: [], system: true }), entry("c1", "host", { by: [], system: true })]);
    expect(found("host")).toEqual([
      { conversation: "c1", role: null, spans: [] },
      { conversation: "c2", role: null, spans: [] },
    ]);
    for (const cursor of [null, `0..${reads.store.one()?.life}`]) {
      const inbox = read(reads, { name: "inbox", given: { user: "host", cursor, limit: 10 } });
      expect(JSON.parse(inbox ?? "")).toMatchObject({ rows: [], reset: false });
    }
    expect(reads.head.one("c1")?.members).toBe(2);
    inRound((round) => round.remove({ conversation: "c1", user: null, by: 0 }));
    expect(found("host").map(({ conversation }) => conversation)).toEqual(["c2"]);
  });
});

describe("revocations that are over", () => {
  it("are taken out as new ones come", () => {
    inRound((round) => {
      for (let n = 0; n < 100; n++) round.revoke({ user: `u${n}`, keepMs: -1 });
    });
    expect(count("revocations")).toBeLessThan(20);
    inRound((round) => round.revoke({ user: "alice", keepMs: 60_000 }));
    expect(count("revocations")).toBeLessThan(20);
    expect(count("revocations WHERE user = 'alice'")).toBe(1);
  });

  it("never are where they are kept for ever, nor is such a lease", () => {
    inRound((round) => {
      round.revoke({ user: "alice", keepMs: Number.MAX_VALUE });
      round.revoke({ user: "bob", keepMs: 0.5 });
      expect(round.lease({ name: "digest", node: "n1", ttlMs: Number.MAX_SAFE_INTEGER })).toBe(true);
      expect(round.lease({ name: "digest", node: "n2", ttlMs: 1 })).toBe(false);
    });
    expect(count("revocations WHERE until = 9007199254740991")).toBe(1);
  });
});
