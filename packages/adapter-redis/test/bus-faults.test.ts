import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bus, Publication, Topic } from "@earshot/core";
import { TcpProxy } from "@earshot/core/testing";
import { afterEach, describe, expect, inject, it } from "vitest";
import { busChannel, busLane, busStream, laneTag } from "../src/bus-names.ts";
import { redisBus, redisStreamsBus } from "../src/index.ts";
import { slotOf } from "../src/links/slot.ts";
import { answering, eventually, forgetStream } from "./bus-under-test.ts";
import { type DriverName, hostClient, killNamed, listens, onEach, withRedis } from "./host-clients.ts";

const redisUrl = inject("redisUrl");
const redisClusterUrl = inject("redisClusterUrl");
const drivers = ["ioredis", "node-redis"] as const;

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function publication(n: number, topic: Topic = "c:c1"): Publication {
  return { topics: [topic], envelope: { v: 1, node: "n1", n, kind: "raised", c: "c1" } };
}

function freshName(): string {
  return `f${randomBytes(8).toString("hex")}`;
}

async function opened(bus: Bus): Promise<Bus> {
  undo.push(() => bus.close());
  await bus.open();
  return bus;
}

/** What a node hears, and how often it was told of an interruption. */
async function ear(bus: Bus, topic: Topic = "c:c1"): Promise<{ heard: number[]; told: number }> {
  const found = { heard: [] as number[], told: 0 };
  bus.onInterruption(() => {
    found.told++;
  });
  await bus.subscribe(topic, ({ n }) => found.heard.push(n)).ready;
  return found;
}

async function proxied(url: string): Promise<TcpProxy> {
  const proxy = await TcpProxy.to({ port: Number(new URL(url).port) });
  undo.push(() => proxy.close());
  return proxy;
}

describe.each(drivers)("pub/sub by %s", (driver) => {
  it("I26: a killed subscriber tells of it once it listens again, and hears what comes later", async () => {
    const name = freshName();
    const one = await opened(redisBus(hostClient(driver, redisUrl), { namespace: name }));
    const two = await opened(redisBus(hostClient(driver, redisUrl, { name }), { namespace: name }));
    const ears = await ear(two);
    for (let n = 1; n <= 5; n++) {
      const { told } = ears;
      expect(await killNamed(redisUrl, name, listens)).toBe(1);
      await eventually(() => ears.told > told);
      await one.publish([publication(n)]);
      await eventually(() => ears.heard.includes(n));
    }
    expect(ears.heard).toEqual([1, 2, 3, 4, 5]);
  });

  it("I26: tells at once of a server that has gone, and again when it listens again", async () => {
    const namespace = freshName();
    const proxy = await proxied(redisUrl);
    const bus = await opened(redisBus(hostClient(driver, `redis://127.0.0.1:${proxy.port}`), { namespace }));
    const ears = await ear(bus);
    proxy.refuse();
    proxy.cut();
    await eventually(() => ears.told === 1, 2_000);
    await expect(bus.publish([publication(1)])).rejects.toMatchObject({ code: "unavailable" });
    const late = bus.subscribe("c:late", ({ n }) => ears.heard.push(n));
    await proxy.accept();
    await eventually(() => ears.told === 2);
    await late.ready;
    const other = await opened(redisBus(hostClient(driver, redisUrl), { namespace }));
    await other.publish([publication(7), publication(8, "c:late")]);
    await eventually(() => ears.heard.length === 2);
    expect(ears.heard).toEqual([7, 8]);
    await answering(bus);
  });

  it("follows a slot that moves while it is published to, and tells of it", { timeout: 30_000 }, async () => {
    const namespace = freshName();
    const bus = () => redisBus(hostClient(driver, redisClusterUrl, { cluster: true }), { namespace });
    const [one, two] = [await opened(bus()), await opened(bus())];
    const topic = "c:c1";
    const ears = await ear(two, topic);
    let n = 0;
    let refused = 0;
    let on = true;
    const publishing = (async () => {
      while (on) {
        n++;
        await one.publish([publication(n, topic)]).catch(() => refused++);
        await sleep(5);
      }
    })();
    await eventually(() => ears.heard.length > 10);
    // What was published before the last word of an interruption may be missing, nothing after it.
    let toldAt = 0;
    two.onInterruption(() => {
      toldAt = n + 1;
    });
    undo.push(await moveSlot(slotOf(laneTag(namespace, busLane(topic)))));
    await eventually(() => toldAt > 0 && ears.heard.some((each) => each > toldAt + 50));
    on = false;
    await publishing;
    await eventually(() => ears.heard.includes(n));
    const later = ears.heard.filter((each) => each > toldAt);
    expect(later.length + refused).toBeGreaterThanOrEqual(n - toldAt);
  });
});

describe.each(drivers)("a stream by %s", (driver) => {
  it("loses nothing with its connections, and says nothing of them", async () => {
    const name = freshName();
    undo.push(() => forgetStream(redisUrl, name));
    const one = await opened(redisStreamsBus(hostClient(driver, redisUrl), { namespace: name }));
    const two = await opened(redisStreamsBus(hostClient(driver, redisUrl, { name }), { namespace: name }));
    const ears = await ear(two);
    for (let n = 1; n <= 300; n++) {
      await one.publish([publication(n)]);
      if (n % 50 === 0) await killNamed(redisUrl, name, () => true);
    }
    await eventually(() => ears.heard.length >= 300);
    expect(ears.heard).toEqual(Array.from({ length: 300 }, (_, at) => at + 1));
    expect(ears.told).toBe(0);
  });

  it("I26: tells of what was trimmed before it was read, and goes on with what is left", async () => {
    const namespace = freshName();
    undo.push(() => forgetStream(redisUrl, namespace));
    const proxy = await proxied(redisUrl);
    const one = await opened(redisStreamsBus(hostClient(driver, redisUrl), { namespace, entriesKept: 100 }));
    const away = hostClient(driver, `redis://127.0.0.1:${proxy.port}`);
    const two = await opened(redisStreamsBus(away, { namespace, entriesKept: 100 }));
    const ears = await ear(two);
    await one.publish([publication(1)]);
    await eventually(() => ears.heard.length === 1);
    proxy.refuse();
    proxy.cut();
    await one.publish(Array.from({ length: 999 }, (_, at) => publication(at + 2)));
    await proxy.accept();
    await eventually(() => ears.told === 1 && ears.heard.includes(1_000));
    const missed = 1_000 - ears.heard.length;
    expect(missed).toBeGreaterThan(500);
    expect(ears.heard.slice(1)).toEqual(Array.from({ length: 999 - missed }, (_, at) => at + 2 + missed));
    await one.publish([publication(1_001)]);
    await eventually(() => ears.heard.includes(1_001));
    expect(ears.told).toBe(1);
  });

  it("I26: tells of a stream that is no more, and reads the new one", async () => {
    const namespace = freshName();
    const bus = () => redisStreamsBus(hostClient(driver, redisClusterUrl, { cluster: true }), { namespace });
    undo.push(() => forgetStream(redisClusterUrl, namespace));
    const [one, two] = [await opened(bus()), await opened(bus())];
    const ears = await ear(two);
    await one.publish([publication(1)]);
    await eventually(() => ears.heard.length === 1);
    await forgetStream(redisClusterUrl, namespace);
    await one.publish([publication(2)]);
    await eventually(() => ears.told === 1);
    await one.publish([publication(3)]);
    await eventually(() => ears.heard.includes(3));
  });
});

it("I26: a link that stands and carries nothing is noticed within 10 s, on either bus", {
  timeout: 40_000,
}, async () => {
  const namespace = freshName();
  undo.push(() => forgetStream(redisUrl, namespace));
  const proxy = await proxied(redisUrl);
  const client = (driver: DriverName) => hostClient(driver, `redis://127.0.0.1:${proxy.port}`);
  const buses = [
    await opened(redisBus(client("ioredis"), { namespace })),
    await opened(redisBus(client("node-redis"), { namespace })),
    await opened(redisStreamsBus(client("ioredis"), { namespace })),
    await opened(redisStreamsBus(client("node-redis"), { namespace })),
  ];
  const ears = await Promise.all(buses.map((bus) => ear(bus)));
  const plain = await opened(redisBus(hostClient("ioredis", redisUrl), { namespace }));
  const stream = await opened(redisStreamsBus(hostClient("ioredis", redisUrl), { namespace }));
  proxy.swallow();
  const since = performance.now();
  await eventually(() => ears.slice(0, 2).every(({ told }) => told > 0), 15_000);
  expect(performance.now() - since).toBeLessThan(11_000);
  await plain.publish([publication(1)]);
  await stream.publish([publication(2)]);
  const before = ears.map(({ told }) => told);
  await proxy.heal();
  await eventually(() => ears.slice(0, 2).every(({ told }, at) => told > (before[at] ?? 0)), 15_000);
  await eventually(() => ears.slice(2).every(({ heard }) => heard.includes(2)), 15_000);
  await plain.publish([publication(3)]);
  await eventually(() => ears.slice(0, 2).every(({ heard }) => heard.includes(3)));
  expect(ears.map(({ heard }) => heard)).toEqual([[3], [3], [2], [2]]);
  expect(ears.slice(2).map(({ told }) => told)).toEqual([0, 0]);
});

it("S51: no id leaves its namespace or its topic", async () => {
  expect(busChannel("a", "c:b", null)).toBe("earshot:a:bus:c:b");
  expect(busStream("a")).toBe("{earshot:a:stream}");
  for (const namespace of ["", "a:b", "a}b{", "a b", "a*", "x".repeat(65)]) {
    expect(() => redisBus(hostClient("ioredis", redisUrl), { namespace })).toThrow(/a namespace is/);
  }
});

/** Gives a slot to another master. Returns how it comes back. */
async function moveSlot(slot: number): Promise<() => Promise<void>> {
  const masters: { url: string; id: string; slots: boolean }[] = [];
  await onEach(redisClusterUrl, async (redis) => {
    const id = String(await redis.call("CLUSTER", "MYID"));
    const count = Number(await redis.call("CLUSTER", "COUNTKEYSINSLOT", String(slot)));
    if (count > 0) throw new Error("the slot holds keys");
    masters.push({ url: `redis://127.0.0.1:${redis.options.port}`, id, slots: await holds(redis, slot) });
  });
  const from = masters.find(({ slots }) => slots);
  const to = masters.find(({ slots }) => !slots);
  if (from === undefined || to === undefined) throw new Error("no other master");
  const give = async (source: typeof from, target: typeof from) => {
    await withRedis(target.url, (redis) => redis.call("CLUSTER", "SETSLOT", String(slot), "IMPORTING", source.id));
    await withRedis(source.url, (redis) => redis.call("CLUSTER", "SETSLOT", String(slot), "MIGRATING", target.id));
    for (const { url } of [target, source, ...masters]) {
      await withRedis(url, (redis) => redis.call("CLUSTER", "SETSLOT", String(slot), "NODE", target.id));
    }
  };
  await give(from, to);
  return () => give(to, from);
}

async function holds(
  redis: { call(...words: [string, ...string[]]): Promise<unknown> },
  slot: number,
): Promise<boolean> {
  // A server answers for the keys of its own slots alone, and names the holder of the others.
  const ranges = (await redis.call("CLUSTER", "SLOTS")) as [number, number, [string, number, string]][];
  const id = String(await redis.call("CLUSTER", "MYID"));
  return ranges.some(([first, last, [, , holder]]) => first <= slot && slot <= last && holder === id);
}
