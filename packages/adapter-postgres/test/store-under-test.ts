import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostTransaction, MessageStoreAdapter } from "@earshot/core/testing";
import { Pool } from "pg";
import { type PostgresStoreOptions, postgresStore } from "../src/index.ts";
import { postgresUrl } from "./pools.ts";

export type StoreCapabilities = MessageStoreAdapter["capabilities"];

/** Namespaces whose tables are there, and empty: to make them takes longer than a case does. */
const free: string[] = [];

/** PostgreSQL, each store in a namespace of its own; `config`: of the pool that all of them share. */
export function postgresAdapter(
  config: object = {},
  capabilities: StoreCapabilities = { survivesReopen: true, durability: "fsync", drafts: true },
  options: PostgresStoreOptions = {},
): MessageStoreAdapter {
  let pool: Pool | null = null;
  return {
    capabilities,
    create: async () => {
      pool ??= storePool(config);
      const shared = pool;
      const namespace = free.pop() ?? newNamespace();
      const stores = [postgresStore(shared, { ...options, namespace })];
      const another = () => {
        const store = postgresStore(shared, { ...options, namespace });
        stores.push(store);
        return store;
      };
      return {
        store: stores[0] ?? another(),
        reopen: another,
        beside: another,
        transaction: () => hostTransaction(shared),
        pass: (ms) => sleep(ms),
        destroy: async () => {
          for (const store of stores) await store.close();
          await empty(shared, namespace);
          free.push(namespace);
        },
      };
    },
  };
}

/** A transaction of the host's own, on a client of its pool. */
async function hostTransaction(pool: Pool): Promise<HostTransaction> {
  const client = await pool.connect();
  const end = async (word: string): Promise<void> => {
    await client.query(word);
    client.release();
  };
  await client.query("BEGIN");
  return { tx: client, commit: () => end("COMMIT"), rollback: () => end("ROLLBACK") };
}

export function newNamespace(): string {
  return `s${randomBytes(8).toString("hex")}`;
}

export function storePool(config: object = {}): Pool {
  // Nobody ends it: whoever runs the file does.
  const pool = new Pool({ connectionString: postgresUrl(), max: 10, allowExitOnIdle: true, ...config });
  pool.on("error", () => {});
  return pool;
}

const TABLES = [
  ...["settings", "conversations", "heads", "events", "keys", "members", "message_states", "reactions", "bans"],
  ...["reaction_counts", "slots", "mentions", "mentions_of_all", "blocks", "purges", "feed", "leases", "positions"],
  ...["revocations", "drafts"],
];

/** As a new one, in another life. */
async function empty(pool: Pool, namespace: string): Promise<void> {
  const schema = `"earshot_${namespace}"`;
  const there = await pool.query("SELECT to_regclass($1) AS store", [`${schema}.store`]);
  if (there.rows[0]?.store === null) return;
  const deletions = TABLES.map((table) => `DELETE FROM ${schema}.${table}`);
  await pool.query(`BEGIN; SET LOCAL synchronous_commit = off; ${deletions.join("; ")};
    UPDATE ${schema}.store SET life = substr(replace(gen_random_uuid()::text, '-', ''), 1, 16), revocation = 0;
    COMMIT`);
}
