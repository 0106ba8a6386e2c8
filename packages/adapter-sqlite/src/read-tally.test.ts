import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, expect, it } from "vitest";
import { migrate } from "./migrate.ts";
import { ReadStatements } from "./read-statements.ts";
import { tallyText } from "./read-tally.ts";

let database: DatabaseSync;
let statements: ReadStatements;

beforeEach(() => {
  database = new DatabaseSync(":memory:");
  migrate(database);
  statements = new ReadStatements(database);
});

/** A conversation of alice and bob, who has read everything: messages of alice at these seqs, and reactions between. */
function create(messages: readonly number[], { first, head }: { readonly first: number; readonly head: number }): void {
  database.exec(`INSERT INTO conversations (number, id, creator, kind, mode, open, whole_history)
    VALUES (1, 'c1', 'alice', 'group', 'push', 0, 0)`);
  const insertHead = database.prepare(`INSERT INTO heads
    (conversation, epoch, first, head, ord, members, members_version, change) VALUES (1, 'e1', ?, ?, ?, 2, 1, 0)`);
  insertHead.run(first, head, messages.length);
  const insertMember = database.prepare(`INSERT INTO members
    (conversation, user, rank, since, delivered, read, read_ord, change) VALUES (1, ?, 0, 1, ?, ?, 0, 0)`);
  for (const user of ["alice", "bob"]) insertMember.run(user, head, head);
  const insertEvent = database.prepare(`INSERT INTO events
    (conversation, seq, ord, type, sender, at) VALUES (1, ?, ?, ?, 'alice', 0)`);
  for (let seq = first; seq <= head; seq++) {
    const ord = messages.filter((message) => message <= seq).length;
    insertEvent.run(seq, ord, messages.includes(seq) ? "message" : "react");
  }
}

const seqs = (limit: number) =>
  (JSON.parse(tallyText(statements, { conversation: "c1", limit }) ?? "") as readonly (readonly number[])[]).map(
    ([seq, ...counts]) => {
      expect(counts).toEqual([1, 1]);
      return seq;
    },
  );

describe("the messages of a tally", () => {
  it("are found where thousands of other events lie between them, and at both ends", () => {
    const messages = [3, 4, 1_000, 1_255, 1_256, 1_257, 2_700, 4_999];
    create(messages, { first: 1, head: 5_000 });
    for (let limit = 0; limit <= messages.length + 1; limit++) {
      expect(seqs(limit), `limit ${limit}`).toEqual(messages.slice(Math.max(0, messages.length - limit)));
    }
  });

  it("are those that are kept, down to the first of them", () => {
    create([1, 2, 500, 501, 1_400], { first: 501, head: 2_000 });
    expect(seqs(20)).toEqual([501, 1_400]);
  });

  it("may be none", () => {
    create([], { first: 1, head: 700 });
    expect(seqs(20)).toEqual([]);
    expect(tallyText(statements, { conversation: "c2", limit: 20 })).toBe(null);
  });
});
