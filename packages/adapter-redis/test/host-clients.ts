import { createClient, createCluster } from "@redis/client";
import { Cluster, Redis } from "ioredis";
import type { RedisClient } from "../src/index.ts";

export type DriverName = "ioredis" | "node-redis";

/** What a host would pass in. `name`: of the connections that are made like it. */
export function hostClient(driver: DriverName, url: string, { cluster = false, name = "" } = {}): RedisClient {
  if (driver === "ioredis") {
    if (!cluster) return new Redis(url, { lazyConnect: true, connectionName: name });
    const { hostname, port } = new URL(url);
    const startup = [{ host: hostname, port: Number(port) }];
    return new Cluster(startup, { lazyConnect: true, redisOptions: { connectionName: name } });
  }
  if (!cluster) return createClient({ url, name });
  return createCluster({ rootNodes: [{ url }], defaults: { name } });
}

/** A client of the tests' own, to ask and to break with. */
export async function withRedis<Result>(url: string, run: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis(url, { lazyConnect: true });
  await redis.connect();
  try {
    return await run(redis);
  } finally {
    redis.disconnect();
  }
}

/** On the one server, or on every master of the Cluster that it is of. */
export async function onEach(url: string, run: (redis: Redis) => Promise<unknown>): Promise<void> {
  const info = await withRedis(url, (redis) => redis.info("cluster"));
  if (!info.includes("cluster_enabled:1")) return void (await withRedis(url, run));
  const slots = await withRedis(url, (redis) => redis.call("CLUSTER", "SLOTS"));
  const ports = new Set((slots as [number, number, [string, number]][]).map(([, , [, port]]) => port));
  for (const port of ports) await withRedis(`redis://127.0.0.1:${port}`, run);
}

/** Ends connections of this name; `which`: those of one kind, as `CLIENT LIST` describes them. */
export async function killNamed(url: string, name: string, which: (line: string) => boolean): Promise<number> {
  let killed = 0;
  await onEach(url, async (redis) => {
    const list = String(await redis.call("CLIENT", "LIST"));
    for (const line of list.split("\n")) {
      const id = /(?:^| )id=(\d+)/.exec(line)?.[1];
      if (id === undefined || !line.includes(` name=${name} `) || !which(line)) continue;
      await redis.call("CLIENT", "KILL", "ID", id);
      killed++;
    }
  });
  return killed;
}

/** Whether a line of `CLIENT LIST` is of a connection that listens to channels. */
export function listens(line: string): boolean {
  return / flags=\S*P/.test(line);
}
