import type { DatabaseSync } from "node:sqlite";
import { migrations as released } from "./migrations/index.ts";
import { Refusal } from "./refusal.ts";
import { inTransaction } from "./transaction.ts";

/** The file's schema: the number of migrations it has had. */
export function schemaOf(database: DatabaseSync): number {
  const row = database.prepare("PRAGMA user_version").get() as { readonly user_version: number };
  return row.user_version;
}

/** Refuses with `invalid` a file of a newer version of this package; reads only. */
export function requireKnownSchema(
  database: DatabaseSync,
  path: string,
  migrations: readonly string[] = released,
): void {
  const schema = schemaOf(database);
  if (schema <= migrations.length) return;
  throw new Refusal(
    "invalid",
    `unable to open store; ${path} has schema ${schema} and this version knows ${migrations.length}: upgrade @earshot/adapter-sqlite`,
  );
}

/**
 * Brings a file to the newest schema, all steps in one transaction: a process that is killed on the
 * way leaves the schema it found.
 */
export function migrate(database: DatabaseSync, migrations: readonly string[] = released): void {
  const schema = schemaOf(database);
  if (schema >= migrations.length) return;
  inTransaction(database, () => {
    for (const step of migrations.slice(schema)) database.exec(step);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}
