import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { RateLimiter } from "@earshot/core";
import { rateLimiterSuite, TcpProxy } from "@earshot/core/testing";
import { afterEach, describe, expect, inject, it } from "vitest";
import { type RedisClient, redisRateLimiter } from "../src/index.ts";
import { hostClient } from "./host-clients.ts";

const redisUrl = inject("redisUrl");
const redisClusterUrl = inject("redisClusterUrl");

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const freshName = () => `r${randomBytes(8).toString("hex")}`;

async function opened(client: RedisClient, options: { namespace: string; max: number }): Promise<RateLimiter> {
  const limiter = redisRateLimiter(client, { name: "test", ...options });
  undo.push(() => limiter.close());
  await limiter.open();
  return limiter;
}

describe.each([
  ["ioredis", redisUrl, false],
  ["node-redis", redisUrl, false],
  ["ioredis", redisClusterUrl, true],
  ["node-redis", redisClusterUrl, true],
] as const)("a shared rate by %s at %s", (driver, url, cluster) => {
  rateLimiterSuite(
    { describe, it, expect },
    {
      max: 4,
      windowMs: 1_000,
      create: async () => {
        const client = hostClient(driver, url, { cluster });
        const options = { name: "suite", namespace: freshName(), max: 4 };
        const nodes = [redisRateLimiter(client, options), redisRateLimiter(client, options)] as const;
        const destroy = async () => {
          for (const node of nodes) await node.close();
        };
        return { nodes, pass: (ms) => sleep(ms), destroy };
      },
    },
  );

  it("lets as many pass as it should, over all nodes, and each key for itself", async () => {
    const namespace = freshName();
    const nodes = [1, 2, 3].map(() => opened(hostClient(driver, url, { cluster }), { namespace, max: 10 }));
    const [one, two, three] = await Promise.all(nodes);
    if (one === undefined || two === undefined || three === undefined) throw new Error("three were opened");
    const all = await Promise.all(
      Array.from({ length: 30 }, (_, n) => ([one, two, three][n % 3] ?? one).take("alice")),
    );
    expect(all.filter((wait) => wait === 0).length).toBe(10);
    expect(Math.max(...all)).toBeLessThanOrEqual(1_000);
    expect(await two.take("bob|{x}@y", 10)).toBe(0);
    expect(await three.take("bob|{x}@y")).toBeGreaterThan(0);
    await sleep(1_050);
    expect(await three.take("alice")).toBe(0);
  });
});

it("counts for itself while Redis does not answer, and together again when it does", async () => {
  const proxy = await TcpProxy.to({ port: Number(new URL(redisUrl).port) });
  undo.push(() => proxy.close());
  const limiter = await opened(hostClient("ioredis", `redis://127.0.0.1:${proxy.port}`), {
    namespace: freshName(),
    max: 5,
  });
  proxy.refuse();
  proxy.cut();
  const waits: number[] = [];
  for (let n = 0; n < 20; n++) waits.push(await limiter.take("alice"));
  expect(waits.filter((wait) => wait === 0).length).toBe(5);
  await expect(limiter.ping()).rejects.toMatchObject({ code: "unavailable" });
  await proxy.accept();
  for (let n = 0; n < 100; n++) {
    if (
      await limiter.ping().then(
        () => true,
        () => false,
      )
    )
      break;
    await sleep(50);
  }
  expect(await limiter.take("bob")).toBe(0);
  await limiter.close();
  await expect(limiter.take("bob")).rejects.toMatchObject({ code: "closed" });
});
