import { randomUUID } from "node:crypto";
import type { PresenceStore } from "@earshot/core";
import { TcpProxy } from "@earshot/core/testing";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, describe, expect, inject, it } from "vitest";
import { startNats } from "../../../scripts/servers/start-nats.ts";
import { type NatsPresenceOptions, natsPresence } from "../src/index.ts";
import { connections } from "./three-nodes.ts";
import { until } from "./until.ts";

// At once: most of it is waiting for silence to be noticed.
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const LONG_MS = 600_000;
const session = (user: string) => ({ session: `s-${user}`, user, device: "d1", activity: "active" }) as const;
const idsOf = async (store: PresenceStore, user: string) =>
  (await store.of([user])).flatMap(({ sessions }) => sessions.map((each) => each.session));

async function opened(options: NatsPresenceOptions, url = inject("natsUrl")) {
  const [connection] = (await connections(1, url)) as [NatsConnection];
  const store = natsPresence(connection, options);
  await store.open();
  ends.push(async () => {
    await store.close();
    await connection.close();
  });
  return { store, connection };
}

describe("NATS presence, and a network that fails", () => {
  it.concurrent("outlives a server that is killed, and tells of what changes after that", async () => {
    const server = await startNats();
    ends.push(() => server.stop());
    const namespace = randomUUID();
    const { store: one } = await opened({ namespace }, server.url);
    const { store: two } = await opened({ namespace }, server.url);
    await one.lease("n1", LONG_MS);
    await one.put("n1", [session("alice")]);
    await server.kill();
    await expect(two.of(["alice"])).rejects.toMatchObject({ code: "unavailable", retryable: true });
    await server.restart();
    await until(
      () =>
        idsOf(two, "alice").then(
          (ids) => ids.length === 1,
          () => false,
        ),
      10_000,
    );
    const told: string[] = [];
    two.onChange((users) => told.push(...users));
    await until(
      () =>
        one.put("n1", [session("bob")]).then(
          () => true,
          () => false,
        ),
      10_000,
    );
    await until(() => told.includes("bob"), 5_000);
    expect(await idsOf(two, "bob")).toEqual(["s-bob"]);
  });

  it.concurrent("buckets that were lost are made anew: everybody is told, and may be put again", async () => {
    const namespace = randomUUID();
    const { store: one, connection } = await opened({ namespace });
    const { store: two } = await opened({ namespace });
    await one.lease("n1", LONG_MS);
    await one.put("n1", [session("alice")]);
    expect(await idsOf(two, "alice")).toEqual(["s-alice"]);
    const told: string[] = [];
    two.onChange((users) => told.push(...users));
    const { streams } = await jetstreamManager(connection);
    for (const bucket of ["presence", "seen"]) await streams.delete(`KV_earshot_${namespace}_${bucket}`);
    await until(() => told.includes("alice"), 10_000);
    await until(
      () =>
        idsOf(one, "alice").then(
          (ids) => ids.length === 0,
          () => false,
        ),
      10_000,
    );
    await expect(one.put("n1", [session("alice")])).rejects.toMatchObject({ code: "conflict" });
    await one.lease("n1", LONG_MS);
    await one.put("n1", [session("alice")]);
    expect(await idsOf(two, "alice")).toEqual(["s-alice"]);
  });

  it.concurrent("says that nobody answers where nothing comes through, and goes on when it does", async () => {
    const proxy = await TcpProxy.to({ port: Number(new URL(inject("natsUrl")).port) });
    ends.push(() => proxy.close());
    const namespace = randomUUID();
    const { store } = await opened({ namespace }, `nats://127.0.0.1:${proxy.port}`);
    await store.lease("n1", LONG_MS);
    await store.put("n1", [session("alice")]);
    proxy.swallow();
    await expect(store.of(["alice"])).rejects.toMatchObject({ code: "unavailable", retryable: true });
    await proxy.heal();
    await until(
      () =>
        idsOf(store, "alice").then(
          (ids) => ids.length === 1,
          () => false,
        ),
      15_000,
    );
  });

  it.concurrent("remembers of as many users as it was told to when they were last seen, the latest", async () => {
    const namespace = randomUUID();
    const { store } = await opened({ namespace, seenUsersMax: 10 });
    const users = Array.from({ length: 30 }, (_, at) => `u${at}`);
    await store.lease("n1", LONG_MS);
    await store.put("n1", users.map(session));
    for (const user of users) await store.remove("n1", [{ session: `s-${user}`, quietMs: 0 }]);
    const { store: later } = await opened({ namespace, seenUsersMax: 10 });
    const known = (await later.of(users)).filter(({ seen }) => seen !== null).map(({ user }) => user);
    expect(known).toEqual(users.slice(20));
  });

  it.concurrent("a lease over half an hour is invalid: the bucket would forget it", async () => {
    const { store } = await opened({ namespace: randomUUID() });
    await expect(store.lease("n1", 1_800_001)).rejects.toMatchObject({ code: "invalid" });
  });
});
