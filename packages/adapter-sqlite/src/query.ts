import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

/** A prepared statement that gives rows of one shape. */
export class Query<Row> {
  readonly #statement: StatementSync;

  constructor(database: DatabaseSync, sql: string) {
    this.#statement = database.prepare(sql);
  }

  one(...values: SQLInputValue[]): Row | undefined {
    return this.#statement.get(...values) as Row | undefined;
  }

  all(...values: SQLInputValue[]): Row[] {
    return this.#statement.all(...values) as Row[];
  }
}
