import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Append, AppendResult, Envelope, MessageStore, NewConversation } from "@earshot/core";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startRedis } from "../../../scripts/servers/start-redis.ts";
import { startRedisSentinel } from "../../../scripts/servers/start-redis-sentinel.ts";
import type { StartedServer } from "../../../scripts/servers/started-server.ts";
import { redisBus, redisPresence, redisStore } from "../src/index.ts";
import { hostClient, withRedis } from "./host-clients.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const freshName = () => `o${randomBytes(8).toString("hex")}`;
const SOON = { timeout: 15_000, interval: 20 };

async function started(starting: Promise<StartedServer>): Promise<StartedServer> {
  const server = await starting;
  ends.push(() => server.stop());
  return server;
}

/** A master and its replica, which has all that there is. */
async function pair() {
  const settings = { "repl-diskless-sync-delay": "0" };
  const [master, replica] = [await started(startRedis({ settings })), await started(startRedis({ settings }))];
  await withRedis(replica.url, (redis) => redis.replicaof("127.0.0.1", master.port));
  await inStep(master, 1);
  return { master, replica };
}

/** Until so many replicas have what the master has. */
async function inStep(master: StartedServer, replicas: number): Promise<void> {
  await withRedis(master.url, async (redis) => {
    await vi.waitFor(async () => {
      // Without a write of this connection's own WAIT does not ask how far they are.
      await redis.set("step", "1");
      expect(await redis.wait(replicas, 1_000)).toBe(replicas);
    }, SOON);
  });
}

/** From now on the replica gets nothing of what is written, and nobody is told. */
async function holdBack(master: StartedServer, replica: StartedServer): Promise<void> {
  if (replica.pid !== null) process.kill(replica.pid, "SIGSTOP");
  await withRedis(master.url, (redis) => redis.call("CLIENT", "KILL", "TYPE", "replica"));
}

function letGo(replica: StartedServer): void {
  if (replica.pid !== null) process.kill(replica.pid, "SIGCONT");
}

function bySentinel(sentinel: StartedServer): Redis {
  const sentinels = [{ host: "127.0.0.1", port: sentinel.port }];
  return new Redis({ sentinels, name: "watched", lazyConnect: true });
}

async function opened(client: Redis, namespace: string): Promise<MessageStore> {
  const store = redisStore(client, { namespace });
  ends.push(() => store.close());
  await store.open();
  return store;
}

const GROUP: NewConversation = {
  ...{ id: "c1", epoch: "e1", kind: "group", mode: "push", creator: "alice", at: 1, title: null, meta: null },
  ...{ open: false, wholeHistory: false, first: [{ type: "meta", body: {} }] },
  members: [
    ["alice", "owner"],
    ["bob", "member"],
  ],
};

function message(id: string): Append {
  const body = { text: id };
  return {
    ...{ conversation: "c1", user: "alice", at: 1, type: "message", body },
    key: { id, hash: "h" },
    by: ["owner", "member"],
  };
}

/** As the engine does: again under the same key, until it is known. */
async function append(store: MessageStore, id: string): Promise<AppendResult | undefined> {
  for (const end = performance.now() + SOON.timeout; ; ) {
    try {
      return (await store.append([message(id)]))[0];
    } catch (error) {
      if (performance.now() > end) throw error;
      expect(error).toMatchObject({ code: "unavailable" });
      await sleep(20);
    }
  }
}

const accessOf = async (store: MessageStore) => (await store.access([{ user: "bob", conversation: "c1" }]))[0];

describe("Redis with a replica", () => {
  it("is no more durable than its master, takes nothing where that lacks replicas, and is not opened on one", async () => {
    const { master, replica } = await pair();
    const store = await opened(new Redis(master.url, { lazyConnect: true }), freshName());
    expect(store.durability).toBe("fsync");
    await store.create(GROUP);
    const want = (replicas: number) =>
      withRedis(master.url, (redis) => redis.config("SET", "min-replicas-to-write", replicas));
    await want(2);
    await expect(store.append([message("one")])).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("NOREPLICAS"),
    });
    await want(1);
    expect(await append(store, "one")).toMatchObject({ kind: "event", row: { seq: 2 } });
    for (const driver of ["ioredis", "node-redis"] as const) {
      const second = redisStore(hostClient(driver, replica.url));
      ends.push(() => second.close());
      await expect(second.open()).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("READONLY"),
      });
    }
  });

  it("I6 I12 I19 F50: one that lags and takes over, by Sentinel, begins another life in which all is numbered once", async () => {
    const { master, replica } = await pair();
    const sentinel = await started(startRedisSentinel(master.port));
    await withRedis(sentinel.url, async (redis) => {
      await vi.waitFor(async () => expect(await redis.call("SENTINEL", "REPLICAS", "watched")).toHaveLength(1), SOON);
    });
    const namespace = freshName();
    const one = await opened(bySentinel(sentinel), namespace);
    const two = await opened(bySentinel(sentinel), namespace);
    await one.create(GROUP);
    expect(await append(one, "kept")).toMatchObject({ kind: "event", epoch: "e1", row: { seq: 2 } });
    await inStep(master, 1);
    await holdBack(master, replica);
    expect(await append(one, "lost")).toMatchObject({ kind: "event", epoch: "e1", row: { seq: 3 } });
    const mark = await two.feedEnd();
    await master.kill();
    letGo(replica);
    const later = await append(one, "later");
    expect(later).toMatchObject({ kind: "event", row: { seq: 3 } });
    const epoch = later?.kind === "event" ? later.epoch : "";
    expect(epoch).toMatch(/^e1~/);
    for (const store of [one, two]) {
      await vi.waitFor(async () => expect(await accessOf(store)).toMatchObject({ epoch, head: 3 }), SOON);
    }
    // What clients send again: there once, each.
    expect(await append(two, "kept")).toMatchObject({ kind: "duplicate", seq: 2 });
    expect(await append(two, "lost")).toMatchObject({ kind: "event", epoch, row: { seq: 4 } });
    expect(await append(one, "lost")).toMatchObject({ kind: "duplicate", seq: 4 });
    expect((await two.changes(mark, 10)).changes).toMatchObject([{ conversation: "c1", epoch, head: 4 }]);
    expect((await two.feed(mark, 10, 1e6)).items).toMatchObject([1, 2, 3, 4].map((seq) => ({ epoch, row: { seq } })));
    expect(await append(one, "more")).toMatchObject({ kind: "event", epoch, row: { seq: 5 } });
  });

  it("I9: bus and presence follow a takeover by Sentinel, and say that something was missed", async () => {
    const { master, replica } = await pair();
    const sentinel = await started(startRedisSentinel(master.port));
    await withRedis(sentinel.url, async (redis) => {
      await vi.waitFor(async () => expect(await redis.call("SENTINEL", "REPLICAS", "watched")).toHaveLength(1), SOON);
    });
    const namespace = freshName();
    const buses = [1, 2].map(() => redisBus(bySentinel(sentinel), { namespace }));
    const presence = redisPresence(bySentinel(sentinel), { namespace });
    for (const port of [...buses, presence]) {
      ends.push(() => port.close());
      await port.open();
    }
    const [one, two] = buses;
    const heard: number[] = [];
    let told = 0;
    two?.onInterruption(() => told++);
    await two?.subscribe("c:c1", ({ n }) => heard.push(n)).ready;
    await master.kill();
    const say = (n: number) => {
      return one?.publish([
        { topics: ["c:c1"], envelope: { v: 1, node: "n1", n, kind: "raised", c: "c1" } satisfies Envelope },
      ]);
    };
    let n = 0;
    await vi.waitFor(async () => {
      await say(++n);
      await vi.waitFor(() => expect(heard).toContain(n), { timeout: 200, interval: 5 });
    }, SOON);
    expect(told).toBeGreaterThan(0);
    await vi.waitFor(() => presence.lease("n1", 60_000), SOON);
    await presence.put("n1", [{ session: "s1", user: "alice", device: "d1", activity: "active" }]);
    expect(await presence.of(["alice"])).toMatchObject([{ sessions: [{ session: "s1" }] }]);
    expect(replica.pid).not.toBe(null);
  });
});
