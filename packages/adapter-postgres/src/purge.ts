import type { Connections } from "./connections.ts";

/** Rows taken out in one step: what waits for it meanwhile waits for milliseconds. */
const STEP_ROWS = 500;

/** What a removed conversation leaves, by the keys of its tables. Its events first: they hold the content. */
const TABLES = {
  events: "seq",
  mentions: "user_id, seq",
  mentions_of_all: "seq",
  keys: "sender, id",
  message_states: "seq",
  reaction_counts: "message, key",
  reactions: "message, user_id, key",
  slots: "slot",
  bans: "user_id",
};

const NEXT = "SELECT conversation, message FROM @purges LIMIT 1 FOR UPDATE SKIP LOCKED";
const DONE = "DELETE FROM @purges WHERE conversation = $1 AND message = $2";
/** With the events that it had: only they tell which it was. That the conversation was removed stays. */
const STRETCHES = `DELETE FROM @feed f USING
    (SELECT DISTINCT conversation, change FROM @events WHERE conversation = $1
      AND seq IN (SELECT seq FROM @events WHERE conversation = $1 ORDER BY seq LIMIT ${STEP_ROWS})) e
  WHERE f.change = e.change AND f.conversation = e.conversation AND f.last > 0`;
const FROM_CONVERSATION = Object.entries(TABLES).map(([table, keys]) => deletion(table, keys, "conversation = $1"));
const FROM_MESSAGE = deletion("reactions", TABLES.reactions, "conversation = $1 AND message = $2");

function deletion(table: string, keys: string, where: string): string {
  const key = `(conversation, ${keys})`;
  const first = `SELECT conversation, ${keys} FROM @${table} WHERE ${where} ORDER BY ${keys} LIMIT ${STEP_ROWS}`;
  return `WITH gone AS (DELETE FROM @${table} WHERE ${key} IN (${first}) RETURNING 1) SELECT count(*) AS count FROM gone`;
}

interface Waiting {
  readonly conversation: number;
  /** 0: all of the conversation. */
  readonly message: number;
}

/**
 * Takes out what can no longer be read, in steps of one transaction each, so that a conversation of a million
 * messages stops nobody's. What a crash interrupts goes on with whoever opens the store next; one gateway at a time
 * takes what another has not.
 */
export class Purge {
  readonly #connections: Connections;
  #running: Promise<void> | null = null;
  #asked = false;
  #stopped = false;

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  /** Something may wait to be taken out. */
  start(): void {
    this.#asked = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** After the step that is in hand. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#asked && !this.#stopped) {
        this.#asked = false;
        while (!this.#stopped && (await this.#step())) {}
      }
    } catch {
      // What is left is taken out after the next removal, or the next opening.
    }
  }

  /** Whether there was anything. */
  #step(): Promise<boolean> {
    return this.#connections.write(async (transaction) => {
      const next = await transaction.one<Waiting>(NEXT);
      if (next === undefined) return false;
      const { conversation, message } = next;
      if (message === 0) await transaction.all(STRETCHES, [conversation]);
      const statements = message === 0 ? FROM_CONVERSATION : [FROM_MESSAGE];
      for (const statement of statements) {
        const values = message === 0 ? [conversation] : [conversation, message];
        const taken = await transaction.one<{ readonly count: number }>(statement, values);
        if ((taken?.count ?? 0) > 0) return true;
      }
      await transaction.all(DONE, [conversation, message]);
      return true;
    });
  }
}
