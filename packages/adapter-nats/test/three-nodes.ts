import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bus } from "@earshot/core";
import { type BusAdapter, settleBus } from "@earshot/core/testing";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { inject } from "vitest";
import { natsOptions } from "../src/index.ts";

/** Open connections to this run's server, quick to come back. */
export function connections(count: number, url = inject("natsUrl")): Promise<NatsConnection[]> {
  const options = natsOptions({ servers: url, reconnectTimeWait: 10, reconnectJitter: 20 });
  return Promise.all(Array.from({ length: count }, () => connect(options)));
}

/** Resolves when each bus has been interrupted by `cut`, and has said so after it was back. */
async function interrupted(buses: readonly Bus[], cut: () => Promise<void>, calls: number): Promise<void> {
  const told = buses.map(
    (bus) =>
      new Promise<void>((resolve) => {
        let left = calls;
        const undo = bus.onInterruption(() => {
          if (--left > 0) return;
          undo();
          resolve();
        });
      }),
  );
  await cut();
  await Promise.all(told);
}

/** Three ends, each on a connection of its own, as of three processes. */
export function adapterOf(
  make: (connection: NatsConnection, options: { readonly namespace: string }) => Bus,
  cut: (connections: readonly NatsConnection[], namespace: string) => Promise<void>,
  calls: number,
  remove: (connection: NatsConnection, namespace: string) => Promise<void> = async () => {},
): BusAdapter {
  return {
    capabilities: { interruptible: true },
    create: async () => {
      const namespace = randomUUID();
      const [one, two, three] = (await connections(3)) as [NatsConnection, NatsConnection, NatsConnection];
      const all = [one, two, three];
      const nodes = [make(one, { namespace }), make(two, { namespace }), make(three, { namespace })] as const;
      return {
        nodes,
        settle: () => settleBus(nodes, () => sleep(20)),
        interrupt: () => interrupted(nodes, () => cut(all, namespace), calls),
        destroy: async () => {
          for (const node of nodes) await node.close();
          await remove(one, namespace);
          for (const connection of all) await connection.close();
        },
      };
    },
  };
}
