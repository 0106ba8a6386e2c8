import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "./open-database.ts";
import type { Query } from "./query.ts";
import { rowsOf } from "./read-rows.ts";
import { ReadStatements } from "./read-statements.ts";

let directory = "";
let database: DatabaseSync;
let statements: ReadStatements;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earshot-read-"));
  database = openDatabase(join(directory, "chat.db")).database;
  statements = new ReadStatements(database);
});

afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

/** Conversation 1 with these events from seq 1: m message, r reaction, g member event. */
function fill(types: readonly ("m" | "r" | "g")[]): void {
  const names = { m: "message", r: "react", g: "member" };
  const insert = database.prepare(
    "INSERT INTO events (conversation, seq, ord, type, sender, at) VALUES (1, ?, ?, ?, 'alice', 1)",
  );
  let ord = 0;
  database.exec("BEGIN");
  for (const [before, type] of types.entries()) {
    if (type === "m") ord += 1;
    insert.run(before + 1, ord, names[type]);
  }
  database.exec("COMMIT");
}

function seqs(head: number, direction: "oldest" | "newest", after = 0, before = head + 1): readonly number[] {
  const query = { conversation: 1, head, present: true, re: null, spans: [[1, null]] } as const;
  return [...rowsOf(statements, query, direction, after, before)].map(({ seq }) => seq);
}

/** Tells of every use of a statement. */
function watch<Row>(query: Query<Row>, told: () => void): void {
  const one = query.one.bind(query);
  const all = query.all.bind(query);
  query.one = (...values) => {
    told();
    return one(...values);
  };
  query.all = (...values) => {
    told();
    return all(...values);
  };
}

describe("rows of a present-state page", () => {
  it("are found over stretches of every length around a window of 256", () => {
    const types: ("m" | "r" | "g")[] = [];
    const expected: number[] = [];
    for (const gap of [0, 1, 254, 255, 256, 257, 300, 511, 512, 513, 1_100]) {
      for (const type of ["m", "g", "m", "m"] as const) {
        types.push(type);
        expected.push(types.length);
      }
      types.push(...Array.from({ length: gap }, () => "r" as const));
    }
    fill(types);
    expect(seqs(types.length, "oldest")).toEqual(expected);
    expect(seqs(types.length, "newest")).toEqual(expected.toReversed());
    // From within each gap, and to within it.
    for (const seq of expected) {
      for (const near of [seq - 1, seq, seq + 1, seq + 130]) {
        expect(seqs(types.length, "oldest", near)).toEqual(expected.filter((each) => each > near));
        expect(seqs(types.length, "newest", 0, near)).toEqual(expected.filter((each) => each < near).toReversed());
      }
    }
  });

  it("lie 100,000 reactions apart at the cost of a few steps", () => {
    const reactions = Array.from({ length: 100_000 }, () => "r" as const);
    fill(["m", ...reactions, "g", "m", ...reactions, "m", ...reactions]);
    const head = 300_004;
    let looked = 0;
    const count = () => {
      looked += 1;
    };
    // Every statement that a page looks at the log with.
    watch(statements.ordAt, count);
    for (const direction of ["oldest", "newest"] as const) {
      watch(statements.presents[direction], count);
      watch(statements.gatewayEvent[direction], count);
    }
    expect(seqs(head, "oldest")).toEqual([1, 100_002, 100_003, 200_004]);
    expect(looked).toBeLessThan(150);
    looked = 0;
    expect(seqs(head, "newest")).toEqual([200_004, 100_003, 100_002, 1]);
    expect(looked).toBeLessThan(150);
  });
});
