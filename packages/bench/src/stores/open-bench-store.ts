import { join } from "node:path";
import { postgresStore } from "@earshot/adapter-postgres";
import { redisStore } from "@earshot/adapter-redis";
import { sqliteStore } from "@earshot/adapter-sqlite";
import { type MessageStore, memoryStore } from "@earshot/core";
import { Redis } from "ioredis";
import { Pool } from "pg";
import type { StoreAddress } from "./store-kind.ts";

export interface BenchStore {
  /** Not opened yet: that is its engine's, or the caller's. */
  readonly store: MessageStore;
  /** Lets go of the connections, once the store is closed. */
  end(): Promise<void>;
}

/** A store as an application makes it: with the settings that its adapter's README shows. */
export function benchStore({ kind, at, namespace }: StoreAddress): BenchStore {
  switch (kind) {
    case "memory":
      return { store: memoryStore(), end: async () => {} };
    case "sqlite":
      return {
        store: sqliteStore(join(at, `${namespace}.db`)),
        end: async () => {},
      };
    case "postgres": {
      const pool = benchPool(at);
      return {
        store: postgresStore(pool, { namespace }),
        end: () => pool.end(),
      };
    }
    case "redis": {
      const client = new Redis(at);
      return {
        store: redisStore(client, { namespace }),
        end: async () => client.disconnect(),
      };
    }
  }
}

/** Ten connections that take the next query before the last is answered. */
export function benchPool(url: string): Pool {
  const pool = new Pool({ connectionString: url, max: 10, pipeline: true });
  // Of an idle connection: without a listener it would end the process.
  return pool.on("error", () => {});
}
