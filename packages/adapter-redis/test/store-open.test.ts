import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { freePort } from "../../../scripts/servers/free-port.ts";
import { type RedisOptions, startRedis } from "../../../scripts/servers/start-redis.ts";
import type { StartedServer } from "../../../scripts/servers/started-server.ts";
import { type RedisClient, type RedisStoreOptions, redisStore } from "../src/index.ts";
import { type DriverName, hostClient, withRedis } from "./host-clients.ts";

let server: StartedServer;
const PASSWORD = "sesame-of-the-tests";

/** As README.md names them. */
const ENOUGH =
  "+@connection +info +config|get +eval +evalsha +time ~earshot:* " +
  "+get +set +del +unlink +hget +hmget +hset +hsetnx +hdel +hexists +hkeys +hvals +hscan +hincrby " +
  "+zadd +zrem +zscore +zrange +zrangebyscore +zrangebylex +zrevrangebylex +zlexcount +zremrangebylex " +
  "+rpush +lindex +lrange +ltrim +sadd +srem +smembers +xadd +xrange +xdel";

beforeAll(async () => {
  server = await startRedis();
  await withRedis(server.url, async (redis) => {
    await redis.call("ACL", "SETUSER", "enough", "on", `>${PASSWORD}`, "-@all", ...ENOUGH.split(" "));
    await redis.call("ACL", "SETUSER", "few", "on", `>${PASSWORD}`, "~*", "+@all", "-xadd");
    await redis.call("ACL", "SETUSER", "blind", "on", `>${PASSWORD}`, "~*", "+@all", "-config");
    await redis.config("SET", "requirepass", PASSWORD);
  });
});
afterAll(() => server.stop());

function at(user: string): string {
  return `redis://${user}:${PASSWORD}@127.0.0.1:${server.port}`;
}

async function refusal(client: RedisClient, options?: RedisStoreOptions) {
  const store = redisStore(client, options);
  const error = await store.open().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  await store.close();
  expect(error).toMatchObject({ name: "ChatError" });
  const { code, message } = error as { code: string; message: string };
  // One sentence, without what is secret.
  expect(message).toMatch(/^unable to open store; [^\n]+$/);
  expect(message).not.toContain(PASSWORD);
  return { code, message };
}

async function onServer<Result>(options: RedisOptions, run: (url: string) => Promise<Result>): Promise<Result> {
  const other = await startRedis(options);
  try {
    return await run(other.url);
  } finally {
    await other.stop();
  }
}

describe.each(["ioredis", "node-redis"] as const satisfies readonly DriverName[])("a store by %s", (driver) => {
  it("says that no server answers", async () => {
    const port = await freePort();
    const found = await refusal(hostClient(driver, `redis://127.0.0.1:${port}`));
    expect(found.code).toBe("unavailable");
    expect(found.message).toContain(`ECONNREFUSED 127.0.0.1:${port}`);
  });

  it("says that a password is missing, wrong, or a right is", async () => {
    expect((await refusal(hostClient(driver, `redis://127.0.0.1:${server.port}`))).code).toBe("unauthenticated");
    expect((await refusal(hostClient(driver, `redis://:no@127.0.0.1:${server.port}`))).code).toBe("unauthenticated");
    expect((await refusal(hostClient(driver, at("few")))).code).toBe("forbidden");
  });

  it("opens with no more rights than the README names, and claims less where it may not read the settings", async () => {
    const enough = redisStore(hostClient(driver, at("enough")));
    await enough.open();
    expect(enough.durability).toBe("fsync");
    await enough.close();
    const blind = redisStore(hostClient(driver, at("blind")));
    await blind.open();
    expect(blind.durability).toBe("process");
    await blind.close();
  });

  it("refuses what a newer version has written, and opens what it has written itself", async () => {
    const namespace = `newer-${driver}`;
    const store = redisStore(hostClient(driver, at("enough")), { namespace });
    await store.open();
    await store.close();
    await withRedis(`redis://:${PASSWORD}@127.0.0.1:${server.port}`, async (redis) => {
      const [key = ""] = await redis.keys(`earshot:{*}:${namespace}:store`);
      expect(await redis.hset(key, "schema", "2")).toBe(0);
    });
    const found = await refusal(hostClient(driver, at("enough")), { namespace });
    expect([found.code, found.message.includes("newer version")]).toEqual(["invalid", true]);
  });

  it("refuses a client of one server where there is a Cluster", async () => {
    const found = await refusal(hostClient(driver, inject("redisClusterUrl")));
    expect([found.code, found.message.includes("Cluster")]).toEqual(["invalid", true]);
  });

  it("may be opened again after a refusal", async () => {
    const port = await freePort();
    const store = redisStore(hostClient(driver, `redis://127.0.0.1:${port}`));
    const codes = [];
    for (let n = 0; n < 2; n++) {
      codes.push(
        await store.open().then(
          () => "",
          ({ code }: { code: string }) => code,
        ),
      );
    }
    expect(codes).toEqual(["unavailable", "unavailable"]);
    await store.close();
  });
});

describe("a store on settings that are not its own", () => {
  it("refuses a server that evicts, and settings that give less than is demanded", async () => {
    await onServer({ appendonly: false, settings: { "maxmemory-policy": "allkeys-lru" } }, async (url) => {
      const found = await refusal(hostClient("ioredis", url));
      expect([found.code, found.message.includes("allkeys-lru")]).toEqual(["invalid", true]);
      await withRedis(url, (redis) => redis.config("SET", "maxmemory-policy", "noeviction"));
      expect((await refusal(hostClient("ioredis", url), { durability: "process" })).code).toBe("invalid");
      const store = redisStore(hostClient("ioredis", url));
      await store.open();
      expect(store.durability).toBe("memory");
      await store.close();
      await withRedis(url, (redis) => redis.config("SET", "appendonly", "yes"));
      const logged = redisStore(hostClient("ioredis", url), { durability: "fsync" });
      await logged.open();
      expect(logged.durability).toBe("fsync");
      await withRedis(url, (redis) => redis.config("SET", "appendfsync", "everysec"));
      await logged.close();
      expect((await refusal(hostClient("ioredis", url), { durability: "fsync" })).code).toBe("invalid");
    });
  });
});
