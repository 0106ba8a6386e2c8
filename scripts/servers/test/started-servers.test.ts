import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ensureServers } from "../ensure-servers.ts";
import { startNats } from "../start-nats.ts";
import { startPostgres } from "../start-postgres.ts";
import { startRedis } from "../start-redis.ts";
import { startRedisCluster } from "../start-redis-cluster.ts";
import type { StartedServer } from "../started-server.ts";

// A place of its own: others start servers at the same time. Postgres' user has to get in.
const place = mkdtempSync(join(tmpdir(), "earshot-started-"));
chmodSync(place, 0o755);
process.env["TMPDIR"] = place;
beforeAll(async () => {
  expect(await ensureServers(["postgres", "redis", "nats"], () => {})).toEqual({ ok: true, output: "" });
}, 800_000);
afterAll(() => rmSync(place, { recursive: true, force: true }));

const WAIT = { timeout: 15_000, interval: 2 };
const running: StartedServer[] = [];
const undo: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const end of undo.splice(0)) await end();
  for (const server of running.splice(0)) await server.stop();
});

async function started<S extends StartedServer>(starting: Promise<S>): Promise<S> {
  const server = await starting;
  running.push(server);
  return server;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function redisOf(port: number): Redis {
  const redis = new Redis({ port, host: "127.0.0.1", lazyConnect: true, retryStrategy: null });
  redis.on("error", () => {});
  undo.push(() => redis.disconnect());
  return redis;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows[0];
  } finally {
    await client.end();
  }
}

/** Of the servers that run, or left something. */
function folders(): readonly string[] {
  return readdirSync(place);
}

describe.each([
  ["postgres", () => startPostgres()],
  ["redis", () => startRedis()],
  ["nats", () => startNats()],
] as const)("a started %s", (kind, start) => {
  it("is killed and started again on its port, and stops with nothing left", async () => {
    const server = await started<StartedServer>(start());
    expect(folders()).toEqual([expect.stringContaining(`earshot-${kind}-`)]);
    const first = server.pid ?? 0;
    expect(runs(first)).toBe(true);
    await server.kill();
    expect([server.pid, runs(first)]).toEqual([null, false]);
    await server.restart();
    const second = server.pid ?? 0;
    expect(second === first || !runs(second)).toBe(false);
    await server.restart();
    const third = server.pid ?? 0;
    expect([runs(second), runs(third), server.url.includes(`:${server.port}`)]).toEqual([false, true, true]);
    await server.stop();
    await server.stop();
    expect([runs(third), folders()]).toEqual([false, []]);
  });

  it("ends with its starter, also when that is killed by -9", async () => {
    const file = join(import.meta.dirname, "children/starter.ts");
    const starter = spawn(process.execPath, [file, kind], { stdio: ["ignore", "pipe", "inherit"] });
    undo.push(() => starter.kill("SIGKILL"));
    const [line] = (await once(createInterface({ input: starter.stdout }), "line")) as [string];
    const { pid } = JSON.parse(line) as { pid: number };
    expect(runs(pid)).toBe(true);
    starter.kill("SIGKILL");
    await expect.poll(() => [runs(pid), folders()], WAIT).toEqual([false, []]);
  });
});

describe("a Postgres that is still being made", () => {
  it("leaves nothing when its starter is killed by -9", async () => {
    const file = join(import.meta.dirname, "children/starter.ts");
    const starter = spawn(process.execPath, [file, "postgres"], { stdio: ["ignore", "ignore", "inherit"] });
    undo.push(() => starter.kill("SIGKILL"));
    await expect.poll(() => folders().some((name) => existsSync(join(place, name, "cluster/base"))), WAIT).toBe(true);
    starter.kill("SIGKILL");
    await expect.poll(folders, WAIT).toEqual([]);
  });
});

describe("what they keep", () => {
  it("Redis: what was acknowledged before a kill -9, with the log of writes written through", async () => {
    const server = await started(startRedis());
    const redis = redisOf(server.port);
    await redis.set("a", "1");
    expect(await redis.config("GET", "append*")).toEqual(
      expect.arrayContaining(["appendonly", "yes", "appendfsync", "always"]),
    );
    await server.kill();
    await server.restart();
    expect(await redisOf(server.port).get("a")).toBe("1");
  });

  it("Redis: nothing without that log", async () => {
    const server = await started(startRedis({ appendonly: false, settings: { "maxmemory-policy": "allkeys-lru" } }));
    await redisOf(server.port).set("a", "1");
    await server.kill();
    await server.restart();
    const redis = redisOf(server.port);
    expect(await redis.get("a")).toBe(null);
    expect(await redis.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "allkeys-lru"]);
  });

  it("Postgres: what was committed before a kill -9, and its settings; a wrong password is refused", async () => {
    const server = await started(startPostgres({ synchronous_commit: "off", max_connections: 12 }));
    await ask(server.url, "CREATE TABLE kept AS SELECT 7 AS seven");
    await ask(server.url, "CHECKPOINT");
    await server.kill();
    await server.restart();
    expect(await ask(server.url, "SELECT seven FROM kept")).toEqual({ seven: 7 });
    expect(await ask(server.url, "SHOW synchronous_commit")).toEqual({ synchronous_commit: "off" });
    expect(await ask(server.url, "SHOW max_connections")).toEqual({ max_connections: "12" });
    const wrong = server.url.replace("earshot@", "wrong@");
    await expect(ask(wrong, "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
  });
});

describe("startRedisCluster", () => {
  it("has three masters that share the slots, also after a kill of all", async () => {
    const cluster = await started(startRedisCluster());
    expect(new Set(cluster.nodes.map(({ port }) => port)).size).toBe(3);
    const slots = async (): Promise<unknown> => (await redisOf(cluster.port).cluster("SLOTS")) as unknown[];
    expect(await slots()).toHaveLength(3);
    await cluster.kill();
    expect(cluster.pid).toBe(null);
    await cluster.restart();
    expect(await slots()).toHaveLength(3);
    expect(await redisOf(cluster.port).cluster("INFO")).toContain("cluster_state:ok");
  });
});

describe("what cannot start", () => {
  it("says why, in the server's own words, and leaves nothing", async () => {
    await expect(startRedis({ settings: { "no-such-setting": "1" } })).rejects.toThrow(/no-such-setting/);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    undo.push(() => taken.close());
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(startRedis({ settings: { port: String(port) } })).rejects.toThrow(/in use/);
    expect(folders()).toEqual([]);
  });
});
