import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { presenceStoreSuite } from "@earshot/core/testing";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { natsPresence } from "../src/index.ts";
import { connections } from "./three-nodes.ts";

describe.concurrent("NATS presence store", () => {
  presenceStoreSuite(
    { describe: describe.concurrent, it, expect },
    {
      ttlMs: 1_000,
      create: async () => {
        const namespace = randomUUID();
        const [one, two] = (await connections(2)) as [NatsConnection, NatsConnection];
        const nodes = [natsPresence(one, { namespace }), natsPresence(two, { namespace })] as const;
        return {
          nodes,
          pass: async (ms) => {
            await sleep(ms);
            for (const node of nodes) await node.ping().catch(() => {});
            await sleep(20);
          },
          destroy: async () => {
            for (const node of nodes) await node.close();
            const { streams } = await jetstreamManager(one);
            for (const bucket of ["presence", "seen"]) {
              await streams.delete(`KV_earshot_${namespace}_${bucket}`).catch(() => {});
            }
            for (const connection of [one, two]) await connection.close();
          },
        };
      },
    },
  );
});
