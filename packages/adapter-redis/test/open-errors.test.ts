import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../scripts/servers/free-port.ts";
import { startRedis } from "../../../scripts/servers/start-redis.ts";
import type { StartedServer } from "../../../scripts/servers/started-server.ts";
import { type RedisClient, redisBus, redisPresence, redisRateLimiter, redisStreamsBus } from "../src/index.ts";
import { type DriverName, hostClient, withRedis } from "./host-clients.ts";

let server: StartedServer;
const PASSWORD = "sesame-of-the-tests";

/** As README.md names them. */
const ENOUGH =
  "+@connection +info +eval +evalsha +@pubsub ~earshot:* ~{earshot:* &earshot:* &{earshot:* " +
  "+xadd +xread +xrange +time +publish +hset +hget +hdel +hgetall +hscan +zadd +zscore +zrem +zcard +zrange " +
  "+zrangebyscore +zremrangebyrank +incr +exists +set +incrby +pttl +expire";

beforeAll(async () => {
  server = await startRedis({ appendonly: false });
  await withRedis(server.url, async (redis) => {
    await redis.call("ACL", "SETUSER", "weak", "on", `>${PASSWORD}`, "~*", "resetchannels", "+@all");
    await redis.call("ACL", "SETUSER", "mute", "on", `>${PASSWORD}`, "~*", "&*", "+@all", "-evalsha", "-eval");
    await redis.call("ACL", "SETUSER", "enough", "on", `>${PASSWORD}`, "-@all", ...ENOUGH.split(" "));
    await redis.config("SET", "requirepass", PASSWORD);
  });
});
afterAll(() => server.stop());

function at(credentials: string): string {
  return `redis://${credentials}@127.0.0.1:${server.port}`;
}

const PORTS = {
  "the bus on pub/sub": (client: RedisClient) => redisBus(client),
  "the bus on a stream": (client: RedisClient) => redisStreamsBus(client),
  presence: (client: RedisClient) => redisPresence(client),
} as const;

async function refusal(
  make: (client: RedisClient) => { open(): Promise<void>; close(): Promise<void> },
  client: RedisClient,
) {
  const port = make(client);
  const error = await port.open().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  await port.close();
  expect(error).toMatchObject({ name: "ChatError" });
  const { code, message } = error as { code: string; message: string };
  // One sentence, without what is secret.
  expect(message).toMatch(/^unable to open (bus|presence store); [^\n]+$/);
  expect(message).not.toContain(PASSWORD);
  return { code, message };
}

describe.each(["ioredis", "node-redis"] as const satisfies readonly DriverName[])("by %s", (driver) => {
  describe.each(Object.entries(PORTS))("%s says what is wrong", (_, make) => {
    it("without a server", async () => {
      const port = await freePort();
      const found = await refusal(make, hostClient(driver, `redis://127.0.0.1:${port}`));
      expect(found.code).toBe("unavailable");
      expect(found.message).toContain(`ECONNREFUSED 127.0.0.1:${port}`);
    });

    it("without a password, or with a wrong one", async () => {
      const none = await refusal(make, hostClient(driver, `redis://127.0.0.1:${server.port}`));
      expect(none.code).toBe("unauthenticated");
      expect(none.message).toContain("asks for a password");
      const wrong = await refusal(make, hostClient(driver, at(":open")));
      expect(wrong.code).toBe("unauthenticated");
      expect(wrong.message).toContain("user name or password");
    });

    it("without the right to scripts", async () => {
      const found = await refusal(make, hostClient(driver, at(`mute:${PASSWORD}`)));
      expect(found.code).toBe("forbidden");
    });
  });

  it("pub/sub and presence say so without the right to channels", async () => {
    for (const make of [PORTS["the bus on pub/sub"], PORTS.presence]) {
      expect((await refusal(make, hostClient(driver, at(`weak:${PASSWORD}`)))).code).toBe("forbidden");
    }
  });

  it("the rights that the README names are enough", async () => {
    const client = () => hostClient(driver, at(`enough:${PASSWORD}`));
    for (const bus of [redisBus(client()), redisStreamsBus(client())]) {
      await bus.open();
      await bus.subscribe("nodes", () => {}).ready;
      await bus.publish([{ topics: ["nodes"], envelope: { v: 1, node: "n1", n: 1, kind: "raised", c: "c1" } }]);
      await bus.ping();
      await bus.close();
    }
    const presence = redisPresence(client());
    await presence.open();
    await presence.lease("n1", 60_000);
    await presence.put("n1", [{ session: "s1", user: "alice", device: "d1", activity: "active" }]);
    expect(await presence.of(["alice"])).toMatchObject([{ sessions: [{ session: "s1" }] }]);
    await presence.remove("n1", [{ session: "s1", quietMs: 0 }]);
    await presence.lease("n1", 0);
    await presence.close();
    const limiter = redisRateLimiter(client(), { name: `test-${driver}`, max: 1 });
    await limiter.open();
    expect([await limiter.take("alice"), (await limiter.take("alice")) > 0]).toEqual([0, true]);
    await limiter.close();
  });
});
