import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bus, Topic } from "@earshot/core";
import type { BusAdapter } from "@earshot/core/testing";
import { BUS_LANES, busLane, busStream } from "../src/bus-names.ts";
import { type RedisClient, redisBus, redisStreamsBus } from "../src/index.ts";
import { type DriverName, hostClient, killNamed, onEach, withRedis } from "./host-clients.ts";

export interface RedisUnderTest {
  readonly driver: DriverName;
  readonly url: string;
  readonly cluster: boolean;
}

/** What has been published has left the server by then, and has been read: this process has turned to its sockets since. */
export async function settled(url: string, ms: number): Promise<void> {
  await sleep(ms);
  await withRedis(url, async (redis) => {
    await redis.ping();
    await redis.ping();
  });
}

/** Waits for what has to come soon. */
export async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const until = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error("it did not come");
    await sleep(5);
  }
}

/** One of each lane, which nobody listens to. */
const EVERYWHERE = Array.from({ length: BUS_LANES }, (_, lane): Topic => {
  for (let n = 0; ; n++) if (busLane(`c:everywhere${n}`) === lane) return `c:everywhere${n}`;
});

/** Waits until it can be published again, to every topic. */
export async function answering(bus: Bus): Promise<void> {
  const until = performance.now() + 10_000;
  while (performance.now() < until) {
    try {
      await bus.ping();
      const envelope = { v: 1, node: "n1", n: 1, kind: "raised", c: "c1" } as const;
      await bus.publish([{ topics: EVERYWHERE, envelope }]);
      return;
    } catch {
      await sleep(5);
    }
  }
}

/** Pub/sub, each bus in a namespace of its own. */
export function pubSubAdapter(redis: RedisUnderTest, sharded: boolean): BusAdapter {
  return adapterOf(
    redis,
    (client, namespace) => redisBus(client, { namespace, sharded }),
    async () => {},
  );
}

/** Streams: a connection that is lost loses nothing, so an interruption takes the stream's entries away too. */
export function streamsAdapter(redis: RedisUnderTest): BusAdapter {
  return adapterOf(
    redis,
    (client, namespace) => redisStreamsBus(client, { namespace }),
    (namespace) => forgetStream(redis.url, namespace),
  );
}

/** Takes everything away that the stream holds. */
export async function forgetStream(url: string, namespace: string): Promise<void> {
  await onEach(url, async (redis) => {
    await redis.call("DEL", busStream(namespace)).catch(() => {});
  });
}

function adapterOf(
  { driver, url, cluster }: RedisUnderTest,
  make: (client: RedisClient, namespace: string) => Bus,
  forget: (namespace: string) => Promise<void>,
): BusAdapter {
  return {
    capabilities: { interruptible: true },
    create: async () => {
      const name = `t${randomBytes(8).toString("hex")}`;
      const bus = () => make(hostClient(driver, url, { cluster, name }), name);
      const nodes = [bus(), bus(), bus()] as const;
      return {
        nodes,
        settle: () => settled(url, cluster ? 40 : 20),
        interrupt: async () => {
          const told = nodes.map((node) => {
            const one = { heard: false };
            node.onInterruption(() => {
              one.heard = true;
            });
            return one;
          });
          await forget(name);
          await killNamed(url, name, () => true);
          await eventually(() => told.every(({ heard }) => heard));
          for (const node of nodes) await answering(node);
          // Of several lanes each tells for itself.
          if (cluster) await settled(url, 100);
        },
        destroy: async () => {
          for (const node of nodes) await node.close();
          await forget(name);
        },
      };
    },
  };
}
