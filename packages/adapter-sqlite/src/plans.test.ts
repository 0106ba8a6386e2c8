import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { migrate } from "./migrate.ts";
import { Purge } from "./purge.ts";
import { ReadStatements } from "./read-statements.ts";
import { WriteStatements } from "./write-statements.ts";

/** Of one row, or of rows that wait to be taken out, of which the first is asked for. */
const SMALL = ["store", "purges"];

/** Every statement of the store, as SQLite would run it. */
function plans(): readonly (readonly [sql: string, steps: readonly string[]])[] {
  const database = new DatabaseSync(":memory:");
  migrate(database);
  const prepare = database.prepare.bind(database);
  const prepared = new Set<string>();
  database.prepare = (sql) => {
    prepared.add(sql);
    return prepare(sql);
  };
  void [new ReadStatements(database), new WriteStatements(database), new Purge(database)];
  return [...prepared].map((sql) => [
    sql,
    prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => `${row["detail"]}`),
  ]);
}

describe("what the store asks SQLite", () => {
  const all = plans();

  it("I10: is found by a key or an index, in no table by looking through it", () => {
    expect(all.length).toBeGreaterThan(80);
    for (const [sql, steps] of all) {
      const scans = steps.filter((step) => /^SCAN (?!CONSTANT ROW|\(|asked VIRTUAL TABLE)/.test(step));
      expect(
        scans.filter((step) => !SMALL.some((table) => step === `SCAN ${table}`)),
        sql,
      ).toEqual([]);
    }
  });

  it("of one user is found from the user, not among everybody's", () => {
    const ofUser = all.filter(([sql]) => /FROM members m\b.* WHERE m\.user = \?/s.test(sql));
    expect(ofUser.length).toBe(3);
    for (const [sql, steps] of ofUser) expect(steps[0], sql).toBe("SEARCH m USING INDEX members_by_user (user=?)");
  });

  it("of what has changed is found from the mark on, whatever else there is", () => {
    const [changed, ...others] = all.filter(([sql]) => sql.includes("f.change BETWEEN"));
    expect(others).toEqual([]);
    expect(changed?.[1]).toEqual([
      "SEARCH f USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
      "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)",
      "SEARCH h USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
    ]);
  });

  it("comes in the order of its index where there may be much of it", () => {
    // Of one user the conversations, of one page the rows: what is sorted is small.
    const sorted = all.filter(([, steps]) => steps.some((step) => step.startsWith("USE TEMP B-TREE FOR ORDER BY")));
    const tables = sorted.map(([sql]) => /FROM \(?(?:SELECT .*? FROM )?(\w+)/s.exec(sql)?.[1]).sort();
    expect(tables).toEqual(["members", "members", "members", "reaction_counts"]);
  });
});
