import type { PgClient, PgQuery, PgResult } from "./pg-pool.ts";
import type { Statements } from "./statements.ts";

/** One statement with its values, `$1` first. */
export type Command = readonly [text: string, values: readonly unknown[]];

/**
 * Statements of one transaction. What is asked for together leaves in one write where the client is a
 * pipelining one, else one after the other; the transaction's beginning goes with the first of them.
 */
export class Transaction {
  readonly #client: PgClient;
  readonly #statements: Statements;
  #begin: string | null;
  /** Whether its end was asked for, so that it may have happened whatever is heard of it. */
  ending = false;

  constructor(client: PgClient, statements: Statements, begin: string) {
    this.#client = client;
    this.#statements = statements;
    this.#begin = begin;
  }

  async all<Row>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const [rows = []] = await this.together([text, values]);
    return rows as readonly Row[];
  }

  async one<Row>(text: string, values: readonly unknown[] = []): Promise<Row | undefined> {
    return (await this.all<Row>(text, values))[0];
  }

  /** The rows of each, in their order. */
  async together(...commands: readonly Command[]): Promise<readonly (readonly unknown[])[]> {
    const results = await this.#send(commands.map((command) => this.#statements.query(...command)));
    return results.map(({ rows }) => rows);
  }

  /** Several statements of this package's own, without values. */
  async script(text: string): Promise<void> {
    await this.#send([this.#statements.inSchema(text)]);
  }

  /** The last of it, and its end. The rows of each. */
  async commit(...commands: readonly Command[]): Promise<readonly (readonly unknown[])[]> {
    // Nothing was begun, so there is nothing to end.
    if (this.#begin !== null && commands.length === 0) return [];
    const queries: (string | PgQuery)[] = commands.map((command) => this.#statements.query(...command));
    this.ending = true;
    const results = await this.#send([...queries, "COMMIT"]);
    // The end of a transaction that has failed is its undoing, and no error.
    if (results.at(-1)?.command !== "COMMIT") throw new Error("the transaction was rolled back");
    return results.slice(0, -1).map(({ rows }) => rows);
  }

  async rollback(): Promise<void> {
    if (this.#begin === null) await this.#client.query("ROLLBACK");
  }

  async #send(asked: readonly (string | PgQuery)[]): Promise<readonly PgResult[]> {
    const queries = this.#begin === null ? asked : [this.#begin, ...asked];
    const begun = queries.length - asked.length;
    this.#begin = null;
    const results = this.#client.pipeline === true ? await this.#sendAll(queries) : await this.#sendEach(queries);
    return results.slice(begun).map((result) => result as PgResult);
  }

  async #sendEach(queries: readonly (string | PgQuery)[]): Promise<readonly (PgResult | readonly PgResult[])[]> {
    const results = [];
    for (const query of queries) results.push(await this.#client.query(query));
    return results;
  }

  async #sendAll(queries: readonly (string | PgQuery)[]): Promise<readonly (PgResult | readonly PgResult[])[]> {
    const settled = await Promise.allSettled(queries.map((query) => this.#client.query(query)));
    return settled.map((each) => {
      if (each.status === "rejected") throw each.reason;
      return each.value;
    });
  }
}
