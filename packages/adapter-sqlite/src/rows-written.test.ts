import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Append } from "@earshot/core";
import type { Role } from "@earshot/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "./open-database.ts";
import { Purge } from "./purge.ts";
import { conversationText, entryText } from "./texts.ts";
import { inTransaction } from "./transaction.ts";
import { WriteRound } from "./write-round.ts";
import { WriteStatements } from "./write-statements.ts";

let directory = "";
let database: DatabaseSync;
let statements: WriteStatements;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earshot-rows-"));
  database = openDatabase(join(directory, "chat.db")).database;
  statements = new WriteStatements(database);
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

function createWith(id: string, count: number): void {
  const members = Array.from({ length: count }, (_, n) => [`u${n}`, n === 0 ? "owner" : "member"] as [string, Role]);
  const about = { kind: "channel", mode: "pull", epoch: `e-${id}`, creator: "u0", at: 1, title: null } as const;
  const first = [{ type: "meta", body: {} }] as const;
  const made = { ...about, id, meta: null, open: false, wholeHistory: false, members, first };
  inRound((round) => round.create(conversationText(made)));
}

let made = 0;
function entry(conversation: string, differing: Partial<Append> = {}): Append {
  made += 1;
  const id = `m${made}`;
  const by = ["owner", "admin", "member", "reader"] as const;
  return { conversation, user: "u0", at: made, type: "message", body: {}, key: { id, hash: id }, by, ...differing };
}

/** Rows changed by one entry in a round of its own. */
function rowsOf(given: Append): number {
  const before = changes();
  const outcome = inRound((round) => round.append(entryText(given)));
  expect(outcome.kind).toBe("event");
  return changes() - before;
}

const KINDS: readonly (readonly [name: string, rows: number, differing: Partial<Append>])[] = [
  // Event, key, head, sender, its place in the feed, and the store's count of changes.
  ["a message", 6, {}],
  ["a message that names all", 7, { mentions: "all" }],
  ["a message that names three", 9, { mentions: ["u1", "u2", "u3", "u0", "nobody"] }],
  ["a reply", 7, { re: 2 }],
  ["an edit", 7, { type: "edit", re: 2 }],
  // With the reaction, its count, and the message's number of keys.
  ["a reaction", 9, { type: "react", re: 2, reaction: { key: "👍", on: true } }],
  ["a reaction taken back", 10, { type: "react", re: 2, reaction: { key: "👍", on: false } }],
  ["an event in a slot", 7, { type: "x-step", slot: "mls" }],
  // With the conversation's own row.
  ["a switch of mode", 7, { type: "meta", settings: { mode: "push" }, ifSettingsVersion: 1 }],
  // Instead of the sender's row, that they have written here.
  ["a message of who is no member, by the host", 6, { user: "host", by: [], system: true }],
];

describe("what one entry writes", () => {
  it.each(KINDS)("%s writes %i rows among 10 members and among 10,000", (_, rows, differing) => {
    for (const count of [10, 10_000]) {
      createWith(`c${count}`, count);
      rowsOf(entry(`c${count}`));
      if (differing.reaction?.on === false) {
        rowsOf(entry(`c${count}`, { type: "react", re: 2, reaction: { key: "👍", on: true } }));
      }
      expect(rowsOf(entry(`c${count}`, differing)), `${count} members`).toBe(rows);
    }
  });

  it("a deletion writes no more for 10,000 who have reacted and are named than for 10", () => {
    const rows = [10, 10_000].map((count) => {
      const c = `c${count}`;
      createWith(c, count);
      rowsOf(entry(c, { mentions: "all" }));
      const reacted = Array.from({ length: count }, (_, n) =>
        entryText(entry(c, { user: `u${n}`, type: "react", re: 2, reaction: { key: n % 2 ? "👍" : "❤", on: true } })),
      );
      inRound((round) => reacted.map((each) => round.append(each)));
      const written = rowsOf(entry(c, { type: "delete", re: 2 }));
      const purge = new Purge(database);
      const left = database.prepare("SELECT count(*) AS rows FROM reactions");
      expect(left.get()).toEqual({ rows: count });
      let steps = 0;
      for (; purge.pending; steps++) {
        const before = changes();
        purge.step();
        expect(changes() - before).toBeLessThanOrEqual(201);
      }
      expect(left.get()).toEqual({ rows: 0 });
      expect(steps).toBeLessThanOrEqual(count / 200 + 2);
      return written;
    });
    expect(rows[0]).toBe(rows[1]);
  });

  it("five hundred messages of one round write the head, the sender, the feed and the count of changes once", () => {
    createWith("c1", 10_000);
    const batch = Array.from({ length: 500 }, () => entryText(entry("c1", { mentions: "all" })));
    const before = changes();
    inRound((round) => batch.map((each) => round.append(each)));
    expect(changes() - before).toBe(3 * 500 + 4);
  });

  it("a mention that is read leaves no row", () => {
    createWith("c1", 10);
    rowsOf(entry("c1", { mentions: ["u1", "u2"] }));
    rowsOf(entry("c1", { mentions: ["u1"] }));
    const mentions = () =>
      database.prepare("SELECT user, seq FROM mentions ORDER BY user, seq").all().map(Object.values);
    expect(mentions()).toEqual([
      ["u1", 2],
      ["u1", 3],
      ["u2", 2],
    ]);
    inRound((round) => round.raise({ conversation: "c1", user: "u1", read: 2 }));
    expect(mentions()).toEqual([
      ["u1", 3],
      ["u2", 2],
    ]);
    inRound((round) => round.raise({ conversation: "c1", user: "u2", delivered: 3 }));
    expect(mentions().length).toBe(2);
    // Their own message is read by them, and all before it.
    rowsOf(entry("c1", { user: "u1" }));
    expect(mentions()).toEqual([["u2", 2]]);
    rowsOf(entry("c1", { type: "member", members: [["u2", null]], ifMembersVersion: 1 }));
    expect(mentions()).toEqual([]);
  });
});
