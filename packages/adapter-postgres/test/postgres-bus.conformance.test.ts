import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bus } from "@earshot/core";
import { busSuite, settleBus } from "@earshot/core/testing";
import { describe, expect, it } from "vitest";
import { postgresBus } from "../src/postgres-bus.ts";
import { newPool } from "./pools.ts";

/** Ends the connections that listen to the namespace's channel, and resolves when each bus has told so twice: lost, and back. */
async function interrupt(nodes: readonly Bus[], namespace: string): Promise<void> {
  const told = nodes.map(
    (bus) =>
      new Promise<void>((resolve) => {
        let calls = 0;
        const undo = bus.onInterruption(() => {
          if (++calls < 2) return;
          undo();
          resolve();
        });
      }),
  );
  const pool = newPool();
  await pool.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [
    `earshot_${namespace}_bus`,
  ]);
  await Promise.all(told);
  await pool.end();
}

describe("PostgreSQL bus", () => {
  busSuite(
    { describe, it, expect },
    {
      capabilities: { interruptible: true },
      create: async () => {
        const namespace = `t${randomUUID().replaceAll("-", "")}`;
        const pool = newPool();
        const nodes = [
          postgresBus(pool, { namespace }),
          postgresBus(pool, { namespace }),
          postgresBus(pool, { namespace }),
        ] as const;
        return {
          nodes,
          settle: () => settleBus(nodes, () => sleep(20)),
          interrupt: () => interrupt(nodes, namespace),
          destroy: async () => {
            for (const node of nodes) await node.close();
            await pool.end();
          },
        };
      },
    },
  );
});
