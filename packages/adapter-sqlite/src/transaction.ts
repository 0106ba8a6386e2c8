import type { DatabaseSync } from "node:sqlite";

/** Runs `run` in one transaction: all of it is on disk when this returns, or none of it when this throws. */
export function inTransaction<Result>(database: DatabaseSync, run: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = run();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // On a full disk, for one, SQLite has rolled back by itself, and says that there is nothing left to.
    }
    throw error;
  }
}
