import { setTimeout as sleep } from "node:timers/promises";
import { ChatError } from "@earshot/protocol";
import { isCollision, isLost } from "./failure.ts";
import type { PgClient, PgPool } from "./pg-pool.ts";
import { serverIdentity } from "./server-identity.ts";
import type { Statements } from "./statements.ts";
import { Transaction } from "./transaction.ts";

/** Within it a transaction is answered or its connection given up, whatever the network does. */
const TIMEOUT_MS = 20_000;
/** Tries of what has certainly not happened. */
const TRIES_MAX = 4;
/** Told to who may come again, in ms: one look at the server is enough. */
const OTHER_SERVER_RETRY_MS = 100;
/** Before a further try: up to this, times the tries there were. */
const BACKOFF_MS = 20;

/**
 * Planned by index, also while a table is empty and nobody knows how full it will be: a plan is made once for each
 * connection and outlives the day on which a look through the whole table was the quickest.
 * Whoever is paused in the middle of it gives up the rows that it holds.
 */
const SETTINGS = [
  "enable_seqscan = off",
  "enable_hashjoin = off",
  "enable_mergejoin = off",
  "plan_cache_mode = force_generic_plan",
  "jit = off",
  "lock_timeout = '10s'",
  "idle_in_transaction_session_timeout = '10s'",
]
  .map((setting) => `; SET LOCAL ${setting}`)
  .join("");
const BEGIN_WRITE = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE${SETTINGS}`;
const BEGIN_READ = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY${SETTINGS}`;

/** Transactions on the host's pool; nothing of them is left on a connection, so that a pooler may be in between. */
export class Connections {
  readonly #pool: PgPool;
  readonly #statements: Statements;
  readonly #onLost: () => void;
  readonly #timeoutMs: number;
  readonly #inHand = new Set<Promise<unknown>>();
  /** Whose server is behind each; a connection stays with one server. */
  readonly #identities = new WeakMap<PgClient, string>();
  #expected: string | null = null;

  /** `onLost`: told when a connection has failed, or a new one has another server behind it than is expected. */
  constructor(
    pool: PgPool,
    statements: Statements,
    { onLost = () => {}, timeoutMs = TIMEOUT_MS }: { readonly onLost?: () => void; readonly timeoutMs?: number } = {},
  ) {
    this.#timeoutMs = timeoutMs;
    this.#onLost = onLost;
    this.#pool = pool;
    this.#statements = statements;
  }

  /**
   * What is written in one transaction, after its end. Tried again where it was in another one's way, or where
   * the connection was lost before the end was asked for: neither has done anything.
   */
  write<Value>(run: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    return this.#tries(BEGIN_WRITE, run);
  }

  /** The same that writes what `feed` and `inbox` tell of: known as under way to whoever reads them (`SHARED_BARRIER`). */
  change<Value>(barrier: string, run: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    return this.#tries(`${BEGIN_WRITE}; ${barrier}`, run);
  }

  /** What is read in one snapshot. */
  read<Value>(run: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    return this.#tries(BEGIN_READ, run);
  }

  /** One statement by itself. */
  async all<Row>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#use(async (client) => {
      const result = await client.query(this.#statements.query(text, values));
      return ("rows" in result ? result.rows : []) as readonly Row[];
    });
  }

  /** Of the server that answers now, as `serverIdentity`. */
  identity(): Promise<string> {
    return this.#use((client) => serverIdentity(client, this.#statements));
  }

  /**
   * From now on nothing is asked of any other server: an idle connection dies without a word to anybody but its pool,
   * and the next one may be to who took over.
   */
  expect(identity: string): void {
    this.#expected = identity;
  }

  /** Waits for what is in hand. */
  async idle(): Promise<void> {
    while (this.#inHand.size > 0) await Promise.allSettled([...this.#inHand]);
  }

  async #tries<Value>(begin: string, run: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    for (let tries = 1; ; tries++) {
      let ending = false;
      try {
        return await this.#use(async (client) => {
          const transaction = new Transaction(client, this.#statements, begin);
          try {
            const value = await run(transaction);
            if (!transaction.ending) await transaction.commit();
            return value;
          } catch (error) {
            ({ ending } = transaction);
            if (!isLost(error)) await transaction.rollback();
            throw error;
          }
        });
      } catch (error) {
        const undone = isCollision(error) || (isLost(error) && (begin === BEGIN_READ || !ending));
        if (!undone || tries === TRIES_MAX) throw error;
        await sleep(Math.random() * BACKOFF_MS * tries);
      }
    }
  }

  #use<Value>(run: (client: PgClient) => Promise<Value>): Promise<Value> {
    const used = this.#connected(run);
    this.#inHand.add(used);
    const done = () => this.#inHand.delete(used);
    used.then(done, done);
    return used;
  }

  async #connected<Value>(run: (client: PgClient) => Promise<Value>): Promise<Value> {
    const client = await this.#connect();
    let broken: Error | null = null;
    // Without a listener the death of a connection is the death of the process.
    const onError = (error: Error) => {
      broken ??= error;
    };
    client.on?.("error", onError);
    const deadline = new Deadline(this.#timeoutMs);
    try {
      return await deadline.race(this.#sure(client).then(() => run(client)));
    } catch (error) {
      if (isLost(error) || deadline.passed) broken ??= error as Error;
      throw error;
    } finally {
      client.removeListener?.("error", onError);
      if (broken !== null) this.#onLost();
      client.release(broken ?? undefined);
    }
  }

  async #sure(client: PgClient): Promise<void> {
    const expected = this.#expected;
    if (expected === null) return;
    const known = this.#identities.get(client);
    if (known === expected) return;
    // To who was taken over from.
    if (known !== undefined) throw new OtherServerError("the connection is to an earlier server");
    const identity = await serverIdentity(client, this.#statements);
    this.#identities.set(client, identity);
    if (identity === expected) return;
    this.#onLost();
    const message = "unable to use store; another server has taken over, or this one was put back: it is looked at";
    throw new ChatError("unavailable", message, { retryAfterMs: OTHER_SERVER_RETRY_MS });
  }

  async #connect(): Promise<PgClient> {
    const connecting = this.#pool.connect();
    const deadline = new Deadline(this.#timeoutMs);
    try {
      return await deadline.race(connecting);
    } catch (error) {
      // It may come yet.
      if (deadline.passed) connecting.then((client) => client.release()).catch(() => {});
      throw error;
    }
  }
}

/** As a connection that broke: it is given up. */
class OtherServerError extends Error {
  override readonly name = "OtherServerError";
}

/** What is not there in time is `unavailable`. */
class Deadline {
  passed = false;
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  async race<Value>(awaited: Promise<Value>): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.passed = true;
        const message = "unable to use store; its server did not answer in time";
        reject(new ChatError("unavailable", message, { retryAfterMs: 1_000 }));
      }, this.#ms);
    });
    try {
      return await Promise.race([awaited, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
