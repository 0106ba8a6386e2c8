import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { migrate, requireKnownSchema, schemaOf } from "./migrate.ts";
import { migrations } from "./migrations/index.ts";
import { Refusal } from "./refusal.ts";

const STEPS = [
  "CREATE TABLE one (a); INSERT INTO one VALUES (1)",
  "ALTER TABLE one ADD COLUMN b DEFAULT 2",
  "CREATE TABLE three (c)",
];

function open(): DatabaseSync {
  return new DatabaseSync(":memory:");
}

describe("migrate", () => {
  it("takes each step once, from wherever the file stands", () => {
    const database = open();
    migrate(database, STEPS.slice(0, 1));
    expect(schemaOf(database)).toBe(1);
    migrate(database, STEPS);
    migrate(database, STEPS);
    expect(schemaOf(database)).toBe(3);
    expect({ ...database.prepare("SELECT * FROM one").get() }).toEqual({ a: 1, b: 2 });
  });

  it("leaves the schema it found when a step fails", () => {
    const database = open();
    migrate(database, STEPS.slice(0, 1));
    expect(() => migrate(database, [...STEPS.slice(0, 2), "CREATE TABLE one (again)"])).toThrow(/already exists/);
    expect(schemaOf(database)).toBe(1);
    expect({ ...database.prepare("SELECT * FROM one").get() }).toEqual({ a: 1 });
    migrate(database, STEPS);
    expect(schemaOf(database)).toBe(3);
  });

  it("a newer file's schema is refused with invalid", () => {
    const database = open();
    migrate(database, STEPS);
    requireKnownSchema(database, "chat.db", STEPS);
    expect(() => requireKnownSchema(database, "chat.db", STEPS.slice(0, 2))).toThrow(Refusal);
  });

  it("the released steps make a schema of that number, with every table strict", () => {
    const database = open();
    migrate(database);
    expect(schemaOf(database)).toBe(migrations.length);
    const lax = database
      .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND NOT strict AND name NOT LIKE 'sqlite_%'")
      .all();
    expect(lax).toEqual([]);
  });
});
