import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { presenceStoreSuite } from "@earshot/core/testing";
import { describe, expect, it } from "vitest";
import { postgresPresence } from "../src/postgres-presence.ts";
import { newPool } from "./pools.ts";

describe.concurrent("PostgreSQL presence store", () => {
  presenceStoreSuite(
    // At once: most of it is waiting for leases to run out.
    { describe: describe.concurrent, it, expect },
    {
      ttlMs: 1_000,
      create: async () => {
        const namespace = `t${randomUUID().replaceAll("-", "")}`;
        const pool = newPool();
        const nodes = [postgresPresence(pool, { namespace }), postgresPresence(pool, { namespace })] as const;
        return {
          nodes,
          pass: async (ms) => {
            // NOTIFY comes in its own time, a few milliseconds later.
            await sleep(ms + 60);
          },
          destroy: async () => {
            for (const node of nodes) await node.close();
            await pool.query(`DROP SCHEMA IF EXISTS "earshot_${namespace}" CASCADE`);
            await pool.end();
          },
        };
      },
    },
  );
});
