import { DatabaseSync } from "node:sqlite";
import { beforeEach, describe, expect, it } from "vitest";
import { migrate } from "./migrate.ts";
import { changesText, STRETCHES_MAX } from "./read-changes.ts";
import { feedEndText } from "./read-feed.ts";
import { ReadStatements } from "./read-statements.ts";

let database: DatabaseSync;
let statements: ReadStatements;

beforeEach(() => {
  database = new DatabaseSync(":memory:");
  migrate(database);
  statements = new ReadStatements(database);
});

/** A conversation of that name and number, without a stretch yet. */
function create(number: number): void {
  database
    .prepare(`INSERT INTO conversations (number, id, creator, kind, mode, open, whole_history)
      VALUES (?, ?, 'alice', 'group', 'push', 0, 0)`)
    .run(number, `c${number}`);
  database
    .prepare(`INSERT INTO heads (conversation, epoch, head, ord, members, members_version, change)
      VALUES (?, ?, 0, 0, 2, 1, 0)`)
    .run(number, `e${number}`);
}

const lastChange = () => statements.store.one()?.change ?? 0;

/** Stretches of one event each, as so many transactions write them. */
function write(conversation: number, count: number): void {
  const change = lastChange();
  const { head } = statements.head.one(`c${conversation}`) ?? { head: 0 };
  database
    .prepare(`WITH RECURSIVE step (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM step WHERE n < ?)
      INSERT INTO feed (change, conversation, first, last) SELECT ? + n, ?, ? + n, ? + n FROM step`)
    .run(count, change, conversation, head, head);
  database.prepare("UPDATE heads SET head = ?, ord = ? WHERE conversation = ?").run(head + count, head, conversation);
  database.prepare("UPDATE store SET change = ?").run(change + count);
}

function page(after: string, limit: number) {
  const text = changesText(statements, { after, limit });
  const { changes, mark, more } = JSON.parse(text) as {
    changes: readonly { conversation: string; head?: number }[];
    mark: string;
    more: boolean;
  };
  return { names: changes.map(({ conversation, head = "gone" }) => `${conversation} ${head}`), mark, more };
}

describe("one page of changes", () => {
  it("looks through a bounded number of stretches, and says that more are left even where it found nothing", () => {
    for (const number of [1, 2, 3]) create(number);
    const begin = feedEndText(statements);
    write(2, 1);
    write(1, 2 * STRETCHES_MAX);
    write(3, 1);
    const pages = [page(begin, 10)];
    for (let last = pages[0]; last?.more; last = pages.at(-1)) pages.push(page(last.mark, 10));
    expect(pages.map(({ names }) => names)).toEqual([["c2 1"], [], [`c1 ${2 * STRETCHES_MAX}`, "c3 1"]]);
    expect(pages.at(-1)?.mark).toBe(feedEndText(statements));
  });

  it("that ends where the stretches do has another behind it, which is empty", () => {
    create(1);
    const begin = feedEndText(statements);
    write(1, STRETCHES_MAX);
    const first = page(begin, 10);
    expect([first.names, first.more]).toEqual([[`c1 ${STRETCHES_MAX}`], true]);
    const second = page(first.mark, 10);
    expect([second.names, second.more]).toEqual([[], false]);
    write(1, 1);
    expect(page(first.mark, 10).names).toEqual([`c1 ${STRETCHES_MAX + 1}`]);
    expect(page(second.mark, 10).names).toEqual([`c1 ${STRETCHES_MAX + 1}`]);
  });

  it("goes on behind a removal and within a stretch", () => {
    for (const number of [1, 2]) create(number);
    const begin = feedEndText(statements);
    const [change = "", , life = ""] = begin.split(".");
    const at = Number(change);
    const insert = database.prepare("INSERT INTO feed (change, conversation, first, last) VALUES (?, ?, ?, ?)");
    insert.run(at, 1, 1, 3);
    database.exec("UPDATE heads SET head = 3 WHERE conversation = 1");
    insert.run(at + 1, 2, 0, 0);
    database.exec("DELETE FROM heads WHERE conversation = 2; UPDATE conversations SET removed = 1 WHERE number = 2");
    database.prepare("UPDATE store SET change = ?").run(at + 1);
    const all = ["c1 3", "c2 gone"];
    expect(page(begin, 2)).toEqual({ names: all, mark: feedEndText(statements), more: false });
    const first = page(begin, 1);
    expect(first).toEqual({ names: ["c1 3"], mark: `${at}.3.${life}`, more: true });
    expect(page(first.mark, 1)).toEqual({ names: ["c2 gone"], mark: feedEndText(statements), more: false });
    // The feed's own marks lie within a stretch.
    for (const seq of [1, 2]) expect(page(`${at}.${seq}.${life}`, 2).names).toEqual(all);
    expect(page(`${at + 1}.0.${life}`, 2).names).toEqual(["c2 gone"]);
    expect(page(`${at + 1}.1.${life}`, 2).names).toEqual([]);
  });
});
