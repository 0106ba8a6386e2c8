import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { redisBus, redisPresence, redisStore } from "@earshot/adapter-redis";
import { ChatClient } from "@earshot/client";
import { ChatEngine } from "@earshot/core";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startRedis } from "../../../scripts/servers/start-redis.ts";
import { startRedisSentinel } from "../../../scripts/servers/start-redis-sentinel.ts";
import type { StartedServer } from "../../../scripts/servers/started-server.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const SOON = { timeout: 20_000, interval: 20 };

async function started(starting: Promise<StartedServer>): Promise<StartedServer> {
  const server = await starting;
  ends.push(() => server.stop());
  return server;
}

async function asking<Answer>(server: StartedServer, ask: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  const redis = new Redis(server.url);
  try {
    return await ask(redis);
  } finally {
    redis.disconnect();
  }
}

/** A gateway on whatever Redis the sentinel names. Gives where it serves. */
async function gateway(
  node: string,
  sentinel: StartedServer,
): Promise<{ readonly chat: ChatEngine; readonly url: string }> {
  const sentinels = [{ host: "127.0.0.1", port: sentinel.port }];
  const redis = new Redis({ sentinels, name: "watched", lazyConnect: true });
  const ports = { store: redisStore(redis), bus: redisBus(redis), presence: redisPresence(redis) };
  const chat = new ChatEngine({ node, ...ports, authenticate: async ({ token }) => ({ user: token ?? "" }) });
  const server = createServer();
  chat.attach(server, { path: "/chat" });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => server.close());
  await chat.start();
  ends.push(() => chat.close());
  return { chat, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/chat` };
}

/** What a user sees of a conversation: seqs and texts, as they come. */
function viewer(url: string, user: string, id: string) {
  const client = new ChatClient({ url, token: () => user });
  ends.push(() => client.close());
  const window = client.conversation(id).messages();
  window.subscribe(() => {});
  const shown = () =>
    window.current.items.flatMap(({ seq, body }) => {
      const text = (body as { readonly text?: string } | null)?.text;
      return text === undefined ? [] : [`${seq} ${text}`];
    });
  return { client, shown, say: (text: string) => client.conversation(id).send({ text }).sent };
}

describe("two gateways whose Redis fails over to a replica that lags", () => {
  it("I6 I9 I12 F50: tell their clients, who agree again on one log, in which everything is once", {
    timeout: 60_000,
  }, async () => {
    const settings = { "repl-diskless-sync-delay": "0" };
    const [master, replica] = [await started(startRedis({ settings })), await started(startRedis({ settings }))];
    await asking(replica, (redis) => redis.replicaof("127.0.0.1", master.port));
    const inStep = () =>
      vi.waitFor(async () => {
        const synced = await asking(master, async (redis) => (await redis.set("step", "1")) && redis.wait(1, 1_000));
        expect(synced).toBe(1);
      }, SOON);
    await inStep();
    const sentinel = await started(startRedisSentinel(master.port));
    await vi.waitFor(async () => {
      expect(await asking(sentinel, (redis) => redis.call("SENTINEL", "REPLICAS", "watched"))).toHaveLength(1);
    }, SOON);
    const [one, two] = [await gateway("n1", sentinel), await gateway("n2", sentinel)];
    const { id } = await one.chat.as("ann").create({ kind: "group", members: ["bob"] });
    const [ann, bob] = [viewer(one.url, "ann", id), viewer(two.url, "bob", id)];
    await ann.say("kept");
    await inStep();
    // From now on the replica gets nothing of what is written, and nobody is told.
    process.kill(replica.pid ?? 0, "SIGSTOP");
    await asking(master, (redis) => redis.call("CLIENT", "KILL", "TYPE", "replica"));
    await ann.say("lost by the store");
    await bob.say("lost as well");
    for (const { shown } of [ann, bob]) await vi.waitFor(() => expect(shown()).toHaveLength(3), SOON);
    const { epoch } = await one.chat.as("ann").conversation(id).fetch();
    await master.kill();
    process.kill(replica.pid ?? 0, "SIGCONT");
    await bob.say("later");
    const texts = () =>
      ann
        .shown()
        .map((line) => line.replace(/^\d+ /, ""))
        .sort();
    await vi.waitFor(() => {
      expect(texts()).toEqual(["kept", "later", "lost as well", "lost by the store"]);
      expect(bob.shown()).toEqual(ann.shown());
    }, SOON);
    const page = await two.chat.as("bob").conversation(id).fetch({ after: 0 });
    expect(page.epoch).not.toBe(epoch);
    const log = page.events.filter(({ type }) => type === "message") as readonly { seq: number; body: unknown }[];
    expect(ann.shown()).toEqual(log.map(({ seq, body }) => `${seq} ${(body as { readonly text: string }).text}`));
    expect(ann.shown()[0]).toMatch(/ kept$/);
  });
});
