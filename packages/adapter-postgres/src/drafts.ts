import type { DraftAppend, DraftRefusal, DraftStore, KeptDraft, KeptRefusal } from "@earshot/core";
import { ChatError, parseJson, type UserId } from "@earshot/protocol";
import { COMMITTED, type DraftNews } from "./draft-news.ts";
import { failureOf, sqlStateOf } from "./failure.ts";
import type { OpenStore } from "./open-store.ts";
import { inSchema } from "./statements.ts";
import type { Transaction } from "./transaction.ts";

/** Unix ms by the server's clock. */
const CLOCK = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/** In the host's transaction: so by full names, and whatever it has set. */
const PUT = "INSERT INTO @drafts (user_id, entry) VALUES ($1, $2) RETURNING number::text AS mark";
const PUT_AND_SAY = `WITH kept AS (${PUT}) SELECT mark, pg_catalog.pg_notify($3, $4) FROM kept`;

const WAITING = `SELECT number, entry FROM @drafts WHERE refused_at IS NULL AND number > $1::bigint
  ORDER BY number LIMIT $2::int`;
const FORGET = "DELETE FROM @drafts WHERE number = ANY($1::bigint[])";
const REFUSE = `UPDATE @drafts d SET refused_at = ${CLOCK}, refusal = w.refusal
  FROM unnest($1::bigint[], $2::text[]) AS w(number, refusal) WHERE d.number = w.number AND d.refused_at IS NULL`;
/** With those that are refused: so they do not grow for ever where nobody listens. */
const FORGET_OLD = `DELETE FROM @drafts WHERE refused_at < ${CLOCK} - $1::bigint`;
/** Each once: a plan may run a mere subquery again for each row. */
const TAKE = `WITH taken AS MATERIALIZED (
    SELECT number FROM @drafts WHERE refused_at IS NOT NULL AND taken_at <= ${CLOCK} - $1::bigint
    ORDER BY taken_at, number LIMIT $2::int FOR UPDATE SKIP LOCKED
  ) UPDATE @drafts d SET taken_at = ${CLOCK} FROM taken WHERE d.number = taken.number
  RETURNING d.number, d.entry, d.refusal`;
const FIND = "SELECT refusal FROM @drafts WHERE number = $1::bigint";
const ERASE = "DELETE FROM @drafts WHERE user_id = $1";

/** What is used of the host's client. */
interface HostClient {
  query(query: { readonly text: string; readonly values: unknown[] }): Promise<{ readonly rows: readonly unknown[] }>;
}

interface DraftRecord {
  readonly number: number;
  readonly entry: string;
}

/** The messages that hosts store in transactions of their own, on the same database. */
export class PostgresDrafts implements DraftStore {
  readonly #store: OpenStore;
  readonly #schema: string;
  readonly #news: DraftNews;

  constructor(store: OpenStore, schema: string, news: DraftNews) {
    this.#store = store;
    this.#schema = schema;
    this.#news = news;
  }

  async put(tx: unknown, entry: DraftAppend): Promise<string> {
    this.#store.requireOpen();
    const client = requireClient(tx);
    this.#news.begin();
    const { wanted, channelName } = this.#news;
    const text = inSchema(wanted ? PUT_AND_SAY : PUT, this.#schema);
    const values = [entry.user, JSON.stringify(entry), ...(wanted ? [channelName, COMMITTED] : [])];
    try {
      const { rows } = await client.query({ text, values });
      return String((rows[0] as { readonly mark: unknown }).mark);
    } catch (error) {
      throw putFailure(error);
    }
  }

  waiting(after: string | null, limit: number): Promise<readonly KeptDraft[]> {
    return this.#read(async (transaction) => {
      const rows = await transaction.all<DraftRecord>(WAITING, [after ?? "0", limit]);
      return rows.map(keptOf);
    });
  }

  settle(
    done: readonly string[],
    refused: readonly (readonly [mark: string, refusal: DraftRefusal])[],
    keepMs: number,
  ): Promise<void> {
    return this.#write(async (transaction) => {
      // Ascending, as every node does it: two that settle the same would wait for each other.
      if (done.length > 0) await transaction.all(FORGET, [[...done].sort(byNumber)]);
      if (refused.length === 0) return;
      const inOrder = [...refused].sort(([a], [b]) => byNumber(a, b));
      const texts = inOrder.map(([, refusal]) => JSON.stringify(refusal));
      await transaction.all(REFUSE, [inOrder.map(([mark]) => mark), texts]);
      await transaction.all(FORGET_OLD, [keepMs]);
    });
  }

  refused(limit: number, againMs: number): Promise<readonly KeptRefusal[]> {
    return this.#write(async (transaction) => {
      const rows = await transaction.all<DraftRecord & { readonly refusal: string }>(TAKE, [againMs, limit]);
      const inOrder = [...rows].sort((a, b) => a.number - b.number);
      return inOrder.map((row) => ({ ...keptOf(row), refusal: refusalOf(row.refusal) }));
    });
  }

  find(mark: string): Promise<"waiting" | DraftRefusal | null> {
    return this.#read(async (transaction) => {
      const found = await transaction.one<{ readonly refusal: string | null }>(FIND, [mark]);
      if (found === undefined) return null;
      return found.refusal === null ? "waiting" : refusalOf(found.refusal);
    });
  }

  onCommit(listener: () => void): () => void {
    return this.#news.on(listener);
  }

  #read<Value>(run: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    return this.#store.call(({ connections }) => connections.read(run));
  }

  #write<Value>(run: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    return this.#store.call(({ connections }) => connections.write(run));
  }
}

/** Takes out what a user wrote and was not numbered. */
export async function eraseDrafts(transaction: Transaction, user: UserId): Promise<void> {
  await transaction.all(ERASE, [user]);
}

function keptOf({ number, entry }: DraftRecord): KeptDraft {
  return { mark: String(number), entry: parseJson(entry) as unknown as DraftAppend };
}

function refusalOf(text: string): DraftRefusal {
  return parseJson(text) as unknown as DraftRefusal;
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}

/** A pool runs each query in a transaction of its own, on whatever connection: what it is given is in no transaction of the host's. */
function requireClient(tx: unknown): HostClient {
  const client = tx as (Partial<HostClient> & { readonly totalCount?: unknown }) | null;
  if (typeof client?.query !== "function" || client.totalCount !== undefined) {
    throw new ChatError(
      "invalid",
      "unable to store draft; tx is no client of a transaction: give it the connected pg client that has begun one, not its pool",
    );
  }
  return client as HostClient;
}

/** The server's own words may quote what was written: only its code is kept. */
function putFailure(error: unknown): ChatError {
  switch (sqlStateOf(error)) {
    case "3F000":
    case "42P01":
      return refusal("invalid", "its transaction is not on the store's database: it has no table for drafts");
    case "25006":
      return refusal("invalid", "its transaction is read only: begin one that writes");
    case "25P02":
      return refusal("conflict", "its transaction has failed before: roll it back");
    case "42501":
      return refusal(
        "forbidden",
        "the role of its transaction lacks rights: grant it USAGE on the schema and SELECT, INSERT on drafts",
      );
    default:
      return failureOf(error);
  }
}

function refusal(code: ChatError["code"], why: string): ChatError {
  return new ChatError(code, `unable to store draft; ${why}`);
}
