import { randomBytes } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { SENDER } from "./make-conversations.ts";
import { BODY } from "./message-entry.ts";
import { Meter, type Metered } from "./meter.ts";
import type { SendRequest } from "./send-request.ts";

/** The least that numbers a conversation's messages without holes and knows a repeat: a counter, and a unique key. */
const TABLES = `
  create table head (c int primary key, seq bigint not null);
  create table event (c int, seq bigint, id text, sender text, body jsonb, at bigint, primary key (c, seq));
  create unique index on event (c, sender, id)`;

/** What an application without an engine would do: a transaction a message, each on a connection of the pool. */
export async function sendByTransactions(pool: Pool, request: SendRequest): Promise<Metered> {
  const { conversations, inFlight, pauseMs } = request;
  const schema = `single_${randomBytes(4).toString("hex")}`;
  await pool.query(`create schema ${schema}; set search_path to ${schema}; ${TABLES}; reset search_path`);
  await pool.query(`insert into ${schema}.head select i, 0 from generate_series(0, $1::int - 1) i`, [conversations]);
  const meter = new Meter(request);
  let next = 0;
  const sendOn = async (): Promise<void> => {
    for (let on = true; on; ) {
      const n = next++;
      const startedAt = performance.now();
      const client = await pool.connect();
      await writeOne(client, schema, n % conversations, n).finally(() => client.release());
      on = meter.note(startedAt);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, sendOn));
  await pool.query(`drop schema ${schema} cascade`);
  return meter.result();
}

async function writeOne(client: PoolClient, schema: string, c: number, n: number): Promise<void> {
  await client.query("begin");
  const { rows } = await client.query<{ seq: string }>({
    name: `head ${schema}`,
    text: `update ${schema}.head set seq = seq + 1 where c = $1 returning seq`,
    values: [c],
  });
  await client.query({
    name: `event ${schema}`,
    text: `insert into ${schema}.event values ($1, $2, $3, $4, $5, $6)`,
    values: [c, rows[0]?.seq, `m${n}`, SENDER, JSON.stringify(BODY), Date.now()],
  });
  await client.query("commit");
}
