import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { durabilityOf, openDatabase } from "./open-database.ts";

it("I1: durability is fsync only while SQLite itself says that a commit waits for the disk", () => {
  const directory = mkdtempSync(join(tmpdir(), "earshot-open-"));
  const { database, durability } = openDatabase(join(directory, "chat.db"));
  expect(durability).toBe("fsync");
  for (const [level, expected] of [
    ["OFF", "process"],
    ["NORMAL", "process"],
    ["FULL", "fsync"],
    ["EXTRA", "fsync"],
  ] as const) {
    database.exec(`PRAGMA synchronous = ${level}`);
    expect(durabilityOf(database), level).toBe(expected);
  }
  database.close();
  const memory = new DatabaseSync(":memory:");
  memory.exec("PRAGMA synchronous = FULL");
  expect(durabilityOf(memory)).toBe("process");
  memory.close();
  rmSync(directory, { recursive: true });
});
