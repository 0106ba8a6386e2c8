import type { TcpProxy } from "@earshot/core/testing";
import { Redis } from "ioredis";
import { Client } from "pg";
import type { Choices } from "../src/choices.ts";
import type { RunningSystem } from "../src/start-systems.ts";
import { pause } from "./load.ts";

const LOOKS = 40;
const LOOKS_APART_MS = 5;

export interface BusPlace {
  readonly bus: Choices["bus"];
  readonly system: RunningSystem;
  /** Between the gateways and their bus. */
  readonly proxy: TcpProxy;
}

/** Ends the connections that gateways hear the bus by, as an operator would; says how many, or what else it did. */
export async function cutSubscribers({ bus, system, proxy }: BusPlace): Promise<string> {
  switch (bus) {
    case "redis":
      return cutRedis(system.url, ["TYPE", "pubsub"]);
    case "redis-streams":
      return cutReaders(system.url);
    case "postgres":
      return cutListeners(system.url);
    case "nats":
    case "jetstream":
      if (system.server === null) {
        proxy.cut();
        return "every connection was reset";
      }
      await system.server.kill();
      await system.server.restart();
      return "the server was killed and started again";
  }
}

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

function cutRedis(url: string, filter: readonly string[]): Promise<string> {
  return withRedis(url, async (redis) => `CLIENT KILL ended ${await redis.call("CLIENT", "KILL", ...filter)}`);
}

/** Readers of Streams are told from others by XREAD, if it is what they do or wait in just then: looks for a while. */
function cutReaders(url: string): Promise<string> {
  return withRedis(url, async (redis) => {
    const readers = new Set<string>();
    for (let look = 0; look < LOOKS; look++) {
      for (const line of String(await redis.call("CLIENT", "LIST")).split("\n")) {
        const id = /(?:^| )id=(\d+) /.exec(line)?.[1];
        if (id !== undefined && / cmd=xread(group)? /.test(line)) readers.add(id);
      }
      await pause(LOOKS_APART_MS);
    }
    for (const id of readers) await redis.call("CLIENT", "KILL", "ID", id);
    return `CLIENT KILL ended ${readers.size}`;
  });
}

/** Connections that listen are named after their channel; those of pools have no name. */
async function cutListeners(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ readonly cut: number }>(
      "SELECT count(pg_terminate_backend(pid))::int AS cut FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name LIKE 'earshot%'",
    );
    return `pg_terminate_backend ended ${rows[0]?.cut ?? 0}`;
  } finally {
    await client.end();
  }
}
