import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Query } from "./query.ts";
import { inTransaction } from "./transaction.ts";

/** Rows taken out in one step: what waits for it meanwhile waits for milliseconds. */
const STEP_ROWS = 200;

/** What a removed conversation leaves, by the keys of its tables. Its events first: they hold the content. */
const TABLES = {
  events: "seq",
  mentions: "user, seq",
  mentions_of_all: "seq",
  keys: "sender, id",
  message_states: "seq",
  reaction_counts: "message, key",
  reactions: "message, user, key",
  slots: "slot",
  bans: "user",
};

/**
 * Takes out what can no longer be read (`purges`), in steps of one transaction each, so that a
 * conversation of a million messages stops nobody's. What a crash interrupts goes on after it.
 */
export class Purge {
  readonly #database: DatabaseSync;
  readonly #next: Query<{ readonly conversation: number; readonly message: number }>;
  readonly #done: StatementSync;
  readonly #stretches: StatementSync;
  readonly #fromConversation: readonly StatementSync[];
  readonly #fromMessage: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#next = new Query(database, "SELECT conversation, message FROM purges LIMIT 1");
    this.#done = database.prepare("DELETE FROM purges WHERE conversation = ? AND message = ?");
    this.#fromConversation = Object.entries(TABLES).map(([table, keys]) =>
      database.prepare(deletion(table, keys, "conversation = ?1")),
    );
    // With the events that it had: only they tell which it was. That the conversation was removed stays.
    this.#stretches = database.prepare(`DELETE FROM feed WHERE last > 0 AND change IN
      (SELECT coalesce(stretch, -conversation) FROM events WHERE conversation = ? ORDER BY seq LIMIT ${STEP_ROWS})`);
    this.#fromMessage = database.prepare(deletion("reactions", TABLES.reactions, "conversation = ?1 AND message = ?2"));
  }

  /** Whether anything waits to be taken out. */
  get pending(): boolean {
    return this.#next.one() !== undefined;
  }

  /** Takes out the next few rows. */
  step(): void {
    const next = this.#next.one();
    if (next === undefined) return;
    const { conversation, message } = next;
    inTransaction(this.#database, () => {
      const taken = message === 0 ? this.#takeRows(conversation) : this.#fromMessage.run(conversation, message).changes;
      if (Number(taken) === 0) this.#done.run(conversation, message);
    });
  }

  #takeRows(conversation: number): number {
    this.#stretches.run(conversation);
    for (const statement of this.#fromConversation) {
      const taken = Number(statement.run(conversation).changes);
      if (taken > 0) return taken;
    }
    return 0;
  }
}

function deletion(table: string, keys: string, where: string): string {
  const key = `(conversation, ${keys})`;
  return `DELETE FROM ${table} WHERE ${key} IN (SELECT conversation, ${keys} FROM ${table} WHERE ${where} ORDER BY ${keys} LIMIT ${STEP_ROWS})`;
}
