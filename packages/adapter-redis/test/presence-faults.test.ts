import { randomBytes } from "node:crypto";
import type { PresenceStore } from "@earshot/core";
import { afterEach, describe, expect, inject, it } from "vitest";
import { presenceTag } from "../src/bus-names.ts";
import { redisPresence } from "../src/index.ts";
import { eventually } from "./bus-under-test.ts";
import { hostClient, killNamed, listens, withRedis } from "./host-clients.ts";

const redisUrl = inject("redisUrl");

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const freshName = () => `g${randomBytes(8).toString("hex")}`;

async function opened(driver: "ioredis" | "node-redis", namespace: string, more = {}): Promise<PresenceStore> {
  const store = redisPresence(hostClient(driver, redisUrl, { name: namespace }), { namespace, ...more });
  undo.push(() => store.close());
  await store.open();
  return store;
}

function sessions(from: number, count: number) {
  return Array.from({ length: count }, (_, at) => {
    const n = from + at;
    return { session: `s${n}`, user: `u${n}`, device: `d${n}`, activity: "active" as const };
  });
}

async function keysOf(namespace: string): Promise<string[]> {
  return withRedis(redisUrl, (redis) => redis.keys(`${presenceTag(namespace)}*`));
}

describe.each(["ioredis", "node-redis"] as const)("presence by %s", (driver) => {
  it("I21: 5,000 sessions of a dead node end together, are told within two seconds, and leave nothing but `seen`", async () => {
    const namespace = freshName();
    const [dead, other] = [await opened(driver, namespace), await opened(driver, namespace)];
    const told = new Set<string>();
    other.onChange((users) => {
      for (const user of users) told.add(user);
    });
    await dead.lease("n1", 60_000);
    for (let from = 0; from < 5_000; from += 1_000) await dead.put("n1", sessions(from, 1_000));
    await eventually(() => told.size === 5_000);
    told.clear();
    await dead.lease("n1", 100);
    const since = performance.now();
    await dead.close();
    await eventually(() => told.size > 0, 2_100);
    const users = sessions(4_000, 1_000).map(({ user }) => user);
    expect((await other.of(users)).flatMap((each) => each.sessions)).toEqual([]);
    await eventually(() => told.size === 5_000, 2_100 - (performance.now() - since));
    expect((await other.of(users)).every(({ seen }) => seen !== null)).toBe(true);
    const tag = presenceTag(namespace);
    expect((await keysOf(namespace)).sort()).toEqual([`${tag}:count`, `${tag}:seen`]);
  });

  it("a store that has lost everything says so to the next put", async () => {
    const namespace = freshName();
    const store = await opened(driver, namespace);
    await store.lease("n1", 60_000);
    await store.put("n1", sessions(0, 1));
    const keys = await keysOf(namespace);
    await withRedis(redisUrl, (redis) => redis.del(...keys));
    await expect(store.put("n1", sessions(0, 1))).rejects.toMatchObject({ code: "conflict" });
    await store.lease("n1", 60_000);
    await store.put("n1", sessions(0, 1));
    expect((await store.of(["u0"]))[0]?.sessions.length).toBe(1);
  });

  it("changes are told again after a killed subscriber", async () => {
    const namespace = freshName();
    const store = await opened(driver, namespace);
    const told: string[] = [];
    store.onChange((users) => told.push(...users));
    await store.lease("n1", 60_000);
    expect(await killNamed(redisUrl, namespace, listens)).toBe(1);
    for (let n = 0; told.length === 0; n++) {
      await store.put("n1", sessions(n, 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it("remembers when users were seen, of the latest ones alone", async () => {
    const namespace = freshName();
    const store = await opened(driver, namespace, { seenUsersMax: 10 });
    await store.lease("n1", 60_000);
    await store.put("n1", sessions(0, 20));
    const gone = sessions(0, 20).map(({ session }, n) => ({ session, quietMs: 1_000 * n }));
    await store.remove("n1", gone);
    const found = await store.of(sessions(0, 20).map(({ user }) => user));
    expect(found.map(({ seen }) => seen !== null)).toEqual(Array.from({ length: 20 }, (_, n) => n < 10));
  });
});
