import { randomBytes } from "node:crypto";
import type { Append, MessageStore, NewConversation } from "@earshot/core";
import { TcpProxy } from "@earshot/core/testing";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { type RedisOptions, startRedis } from "../../../scripts/servers/start-redis.ts";
import { redisStore } from "../src/index.ts";
import { bucketOf, StoreKeys } from "../src/keys.ts";
import { type DriverName, hostClient, withRedis } from "./host-clients.ts";

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const freshName = () => `f${randomBytes(8).toString("hex")}`;

interface Opening {
  readonly driver?: DriverName;
  readonly namespace?: string;
  readonly commandTimeoutMs?: number;
}

async function opened(url: string, { driver = "ioredis", namespace = freshName(), ...more }: Opening = {}) {
  const store = redisStore(hostClient(driver, url), { namespace, ...more });
  undo.push(() => store.close());
  await store.open();
  return store;
}

async function server(options: RedisOptions) {
  const started = await startRedis(options);
  undo.push(() => started.stop());
  return started;
}

let made = 0;

function message(conversation: string, user: string, body: Append["body"] = { text: "hi" }): Append {
  made += 1;
  return {
    conversation,
    user,
    at: 1,
    type: "message",
    body,
    key: { id: `m${made}`, hash: "h" },
    by: ["owner", "member"],
  };
}

function group(id: string, epoch: string, differing: Partial<NewConversation> = {}): NewConversation {
  const members = [["alice", "owner"] as const, ["bob", "member"] as const];
  return {
    ...{ id, epoch, kind: "group", mode: "push", creator: "alice", at: 1, title: null, meta: null, open: false },
    ...{ wholeHistory: false, members, first: [{ type: "meta", body: {} }] },
    ...differing,
  };
}

async function accessOf(store: MessageStore, user: string, conversation: string) {
  const [access = null] = await store.access([{ user, conversation }]);
  return access;
}

/** Until it answers again after an outage. */
async function append(store: MessageStore, entry: Append) {
  for (const end = performance.now() + 5_000; ; ) {
    try {
      return (await store.append([entry]))[0];
    } catch (error) {
      if (performance.now() > end) throw error;
      expect(error).toMatchObject({ code: "unavailable" });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

describe("a store whose Redis was put back to an earlier moment", () => {
  it("I6 I7 I12 I19: has new epochs for whoever saw what was lost, and for everybody after that", async () => {
    const redisServer = await server({ appendonly: false });
    const { url } = redisServer;
    const namespace = freshName();
    const witness = await opened(url, { namespace });
    const other = await opened(url, { namespace });
    await witness.create(group("c1", "e1"));
    await witness.append([message("c1", "alice"), message("c1", "alice")]);
    await withRedis(url, (redis) => redis.save());
    await witness.append([message("c1", "alice"), message("c1", "alice")]);
    const mark = await witness.feedEnd();
    const { cursor } = await witness.inbox("bob", null, 10);
    await redisServer.kill();
    await redisServer.restart();
    const appended = await append(witness, message("c1", "bob"));
    expect(appended).toMatchObject({ kind: "event", row: { seq: 4 } });
    const epoch = appended?.kind === "event" ? appended.epoch : "";
    await vi.waitFor(() => other.ping());
    expect(epoch).not.toBe("e1");
    for (const store of [witness, other, await opened(url, { namespace })]) {
      expect(await accessOf(store, "alice", "c1")).toMatchObject({ epoch, head: 4 });
    }
    // What was told of the old life says nothing in the new one.
    expect(await witness.raise([{ user: "bob", conversation: "c1", epoch: "e1", read: 3 }])).toMatchObject([
      { epoch, rose: false },
    ]);
    const { changes } = await other.changes(mark, 10);
    expect(changes).toMatchObject([{ conversation: "c1", epoch, head: 4 }]);
    const { items } = await other.feed(mark, 10, 1e6);
    expect(items).toMatchObject([1, 2, 3, 4].map((seq) => ({ conversation: "c1", epoch, row: { seq } })));
    const inbox = await other.inbox("bob", cursor, 10);
    expect([inbox.reset, inbox.rows]).toMatchObject([true, [{ c: "c1", epoch }]]);
    expect(await append(witness, message("c1", "alice"))).toMatchObject({ epoch, row: { seq: 5 } });
  });

  it("I12: shows by the mark of a follower alone, which is refused once", async () => {
    const redisServer = await server({ appendonly: false });
    const { url } = redisServer;
    const namespace = freshName();
    const first = redisStore(hostClient("ioredis", url), { namespace });
    await first.open();
    await first.create(group("c1", "e1"));
    await withRedis(url, (redis) => redis.save());
    await first.append([message("c1", "alice")]);
    const mark = await first.feedEnd();
    await first.close();
    await redisServer.kill();
    await redisServer.restart();
    const store = await opened(url, { namespace });
    expect(await accessOf(store, "alice", "c1")).toMatchObject({ epoch: "e1", head: 1 });
    await expect(store.changes(mark, 10)).rejects.toMatchObject({ code: "invalid" });
    expect((await accessOf(store, "alice", "c1"))?.epoch).not.toBe("e1");
    expect((await store.changes(mark, 10)).changes).toMatchObject([{ conversation: "c1", head: 1 }]);
  });

  it("F51: begins anew where everything is gone", async () => {
    const { url } = await server({ appendonly: false });
    const store = await opened(url);
    await store.create(group("c1", "e1"));
    await store.append([message("c1", "alice")]);
    const { cursor } = await store.inbox("alice", null, 10);
    const mark = await store.feedEnd();
    await withRedis(url, (redis) => redis.flushall());
    expect(await accessOf(store, "alice", "c1")).toBe(null);
    expect(await store.append([message("c1", "alice")])).toEqual([{ kind: "refused", code: "not_found" }]);
    expect((await store.create(group("c1", "e2"))).kind).toBe("created");
    expect((await accessOf(store, "alice", "c1"))?.epoch.startsWith("e2")).toBe(true);
    await vi.waitFor(async () => expect((await store.inbox("alice", cursor, 10)).reset).toBe(true));
    await expect(store.changes(mark, 10)).rejects.toMatchObject({ code: "invalid" });
    expect((await store.changes(await store.feedEnd(), 10)).changes).toEqual([]);
  });
});

describe("a bucket that was put back", () => {
  it("I9: has its users' indexes made whole again from the conversations of the others", async () => {
    const url = inject("redisUrl");
    const namespace = freshName();
    const first = await opened(url, { namespace });
    const ids = Array.from({ length: 5 }, (_, n) => `c${n}`);
    for (const id of ids) await first.create(group(id, `e-${id}`));
    const keys = new StoreKeys(namespace);
    await withRedis(url, async (redis) => {
      await redis.del(keys.inbox("bob"));
      await redis.hset(keys.bucket(bucketOf("bob")), "g", "0123456789ab");
    });
    expect((await first.inbox("bob", null, 10)).rows).toEqual([]);
    const second = await opened(url, { namespace });
    for (const store of [first, second]) {
      await vi.waitFor(async () => {
        expect((await store.inbox("bob", null, 10)).rows.map(({ c }) => c).sort()).toEqual(ids);
      }, 5_000);
    }
  });
});

describe.each(["ioredis", "node-redis"] as const)("a store by %s whose connection fails", (driver) => {
  it("I4: an append whose answer was lost is unavailable, and a duplicate when it is repeated", async () => {
    const proxy = await TcpProxy.to({ port: Number(new URL(inject("redisUrl")).port) });
    undo.push(() => proxy.close());
    const store = await opened(`redis://127.0.0.1:${proxy.port}`, { driver });
    await store.create(group("c1", "e1"));
    const entry = message("c1", "alice");
    proxy.cutAt("down", (chunk) => Buffer.from(chunk).includes("e 2 1"));
    await expect(store.append([entry])).rejects.toMatchObject({ code: "unavailable" });
    expect(await append(store, entry)).toMatchObject({ kind: "duplicate", seq: 2 });
    expect(await accessOf(store, "alice", "c1")).toMatchObject({ head: 2 });
  });

  it("a server that is silent is given up after the time of a command, and used again when it answers", async () => {
    const proxy = await TcpProxy.to({ port: Number(new URL(inject("redisUrl")).port) });
    undo.push(() => proxy.close());
    const store = await opened(`redis://127.0.0.1:${proxy.port}`, { driver, commandTimeoutMs: 200 });
    await store.create(group("c1", "e1"));
    proxy.swallow("down");
    const since = performance.now();
    await expect(store.append([message("c1", "alice")])).rejects.toMatchObject({ code: "unavailable" });
    expect(performance.now() - since).toBeLessThan(1_000);
    await expect(store.ping()).rejects.toMatchObject({ code: "unavailable" });
    await proxy.heal();
    const healed = performance.now();
    expect((await append(store, message("c1", "alice")))?.kind).toBe("event");
    expect(performance.now() - healed).toBeLessThan(2_000);
  });

  it("I1: keeps everything through kill -9, with the epoch that it had, and answers soon", async () => {
    const redisServer = await server({});
    const { url } = redisServer;
    const store = await opened(url, { driver });
    await store.create(group("c1", "e1"));
    const sent = Array.from({ length: 20 }, () => message("c1", "alice"));
    await Promise.all(sent.map((entry) => store.append([entry])));
    await redisServer.kill();
    await redisServer.restart();
    const since = performance.now();
    expect(await append(store, message("c1", "bob"))).toMatchObject({ kind: "event", epoch: "e1", row: { seq: 22 } });
    expect(performance.now() - since).toBeLessThan(2_000);
    const repeated = await store.append(sent);
    expect(new Set(repeated.map(({ kind }) => kind))).toEqual(new Set(["duplicate"]));
  });
});

describe("what Redis keeps", () => {
  it("bodies come back as they were", async () => {
    const store = await opened(inject("redisUrl"));
    const body = {
      ...{ empty: [], none: {}, nothing: null, large: 9_007_199_254_740_991, larger: 1e300, small: 1e-7, minus: -0.5 },
      ...{ text: 'line\nbreak \u2028 \u0001 😀 \\ "', "key with {braces}": [[[]]], constructor: 1 },
    };
    await store.create(group("c1", "e1", { meta: body, title: 'a "title" {}' }));
    const appended = await append(store, message("c1", "alice", body));
    const page = await store.range({ conversation: "c1", view: "present", from: "newest", rows: 1, bytes: 1e6 });
    expect(page?.rows).toEqual(appended?.kind === "event" && [appended.row]);
    expect(JSON.stringify(page?.rows[0]?.body)).toBe(JSON.stringify(body));
    expect((await store.settings("c1"))?.meta).toEqual(body);
  });

  it("of a removed conversation nothing but its id and whose it was", async () => {
    const url = inject("redisUrl");
    const namespace = freshName();
    const store = await opened(url, { namespace });
    await store.create(group("c1", "e1"));
    for (let n = 0; n < 12; n++) await store.append(Array.from({ length: 100 }, () => message("c1", "alice")));
    await store.remove("c1", null, []);
    const keys = new StoreKeys(namespace);
    await withRedis(url, async (redis) => {
      await vi.waitFor(async () => {
        expect(await redis.exists(keys.log("c1"), keys.index("c1"), keys.messages("c1"))).toBe(0);
      });
      expect((await redis.hkeys(keys.conversation("c1"))).sort()).toEqual([" gone", "alice", "bob"]);
      const buckets = Array.from({ length: 64 }, (_, bucket) => keys.feed(bucket));
      const lengths = await Promise.all(buckets.map((feed) => redis.xlen(feed)));
      // That it is gone.
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(1);
    });
  });

  it("a direct that was said and never created is created by who comes next, and one said wrongly is said anew", async () => {
    const url = inject("redisUrl");
    const namespace = freshName();
    const store = await opened(url, { namespace });
    const keys = new StoreKeys(namespace);
    const pair = (id: string, other: string) =>
      group(id, `e-${id}`, {
        kind: "direct",
        members: [
          ["alice", "member"],
          [other, "member"],
        ],
      });
    await withRedis(url, (redis) => redis.hset(keys.pair("alice bob"), "id", "d1"));
    expect(await store.create(pair("d2", "bob"))).toEqual({ kind: "existing", id: "d1" });
    expect(await accessOf(store, "bob", "d1")).toMatchObject({ kind: "direct", members: 2 });
    await store.create(group("g1", "e1"));
    await withRedis(url, (redis) => redis.hset(keys.pair("alice carol"), "id", "g1"));
    expect((await store.create(pair("d3", "carol"))).kind).toBe("created");
    expect(await store.create(pair("d4", "carol"))).toEqual({ kind: "existing", id: "d3" });
  });

  it("an index that names a conversation which was never joined shows nothing", async () => {
    const url = inject("redisUrl");
    const namespace = freshName();
    const store = await opened(url, { namespace });
    await store.create(group("c1", "e1"));
    await withRedis(url, (redis) => redis.zadd(new StoreKeys(namespace).inbox("carol"), 1, "c1", 2, "c9"));
    expect((await store.inbox("carol", null, 10)).rows).toEqual([]);
    expect(await store.memberships("carol", null, 10)).toEqual([]);
  });
});
