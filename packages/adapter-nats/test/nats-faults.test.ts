import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bus, Envelope, Topic } from "@earshot/core";
import { settleBus, TcpProxy } from "@earshot/core/testing";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, describe, expect, inject, it } from "vitest";
import { startNats } from "../../../scripts/servers/start-nats.ts";
import { jetstreamBus, natsBus } from "../src/index.ts";
import { connections } from "./three-nodes.ts";
import { until } from "./until.ts";

// At once: most of it is waiting for silence to be noticed.
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Make = (connection: NatsConnection, options: { readonly namespace: string }) => Bus;

const publication = (n: number, text = "hi", topics: readonly Topic[] = ["c:c1"]) => ({
  topics,
  envelope: {
    v: 1,
    node: "n1",
    n,
    kind: "events",
    c: "c1",
    epoch: "e1",
    mode: "push",
    membersVersion: 1,
    rows: [{ seq: n, ord: n, type: "message", id: `m${n}`, from: "alice", at: 1, body: { text } }],
  } satisfies Envelope,
});

/** One end straight to the server, the other one through a proxy. */
async function pair(make: Make, url = inject("natsUrl")) {
  const proxy = await TcpProxy.to({ port: Number(new URL(url).port) });
  ends.push(() => proxy.close());
  const namespace = randomUUID();
  const [near] = (await connections(1, url)) as [NatsConnection];
  const [far] = (await connections(1, `nats://127.0.0.1:${proxy.port}`)) as [NatsConnection];
  const buses = [make(near, { namespace }), make(far, { namespace })] as const;
  for (const bus of buses) await bus.open();
  ends.push(async () => {
    for (const bus of buses) await bus.close();
    const { streams } = await jetstreamManager(far.isClosed() ? near : far);
    await streams.delete(`earshot_${namespace}_bus`).catch(() => {});
    for (const connection of [near, far]) await connection.close();
  });
  return { proxy, near: buses[0], far: buses[1], connection: near, farConnection: far, namespace };
}

async function listen(bus: Bus, topic: Topic = "c:c1"): Promise<Envelope[]> {
  const heard: Envelope[] = [];
  await bus.subscribe(topic, (envelope) => heard.push(envelope)).ready;
  return heard;
}

describe("NATS bus, and a network that fails", () => {
  it.concurrent("F38: a link on which nothing comes through is noticed within 10 s, also with much to say on it, and is opened anew", async () => {
    const { proxy, near, far } = await pair(natsBus);
    const heard = await listen(far);
    let told = 0;
    far.onInterruption(() => told++);
    proxy.swallow();
    // More than the sockets between take: what the driver waits for before it lets go of its own.
    const lost = Array.from({ length: 40 }, (_, n) =>
      far.publish([publication(n + 1, "x".repeat(250_000))]).catch(() => "lost"),
    );
    expect(await until(() => told === 1, 10_000)).toBeGreaterThan(2_000);
    await proxy.heal();
    await until(() => told === 2, 5_000);
    expect(new Set(await Promise.all(lost))).toEqual(new Set(["lost"]));
    await near.publish([publication(1)]);
    await settleBus([near, far], () => sleep(20));
    expect(heard.map(({ n }) => n)).toEqual([1]);
  });

  it.concurrent("F36: while the server is down, publishing says so at once, and topics asked for then are ready when it is back", async () => {
    const server = await startNats();
    ends.push(() => server.stop());
    const { near, far } = await pair(natsBus, server.url);
    let told = 0;
    far.onInterruption(() => told++);
    await server.kill();
    await until(() => told === 1, 5_000);
    await expect(near.publish([publication(1)])).rejects.toMatchObject({ code: "unavailable", retryable: true });
    await expect(near.ping()).rejects.toMatchObject({ code: "unavailable" });
    const heard: Envelope[] = [];
    const { ready } = far.subscribe("c:c1", (envelope) => heard.push(envelope));
    await server.restart();
    await ready;
    await until(() => told === 2, 5_000);
    await until(
      () =>
        near.ping().then(
          () => true,
          () => false,
        ),
      5_000,
    );
    await near.publish([publication(2)]);
    await settleBus([near, far], () => sleep(20));
    expect(heard.map(({ n }) => n)).toEqual([2]);
  });

  it.concurrent("F40: an end that does not read is dropped by the server, is told so, and hears again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "earshot-nats-"));
    ends.push(() => rm(folder, { recursive: true }));
    const config = join(folder, "nats.conf");
    await writeFile(config, 'max_pending: 1MB\nwrite_deadline: "500ms"');
    const server = await startNats({ args: ["--config", config] });
    ends.push(() => server.stop());
    const { near, far, farConnection } = await pair(natsBus, server.url);
    const heard = await listen(far);
    let told = 0;
    far.onInterruption(() => told++);
    const { protocol } = farConnection as NatsConnection & {
      readonly protocol: { readonly transport: { readonly socket: { pause(): void; resume(): void } } };
    };
    const { socket } = protocol.transport;
    socket.pause();
    for (let n = 1; n <= 60; n++) await near.publish([publication(n, "x".repeat(250_000))]);
    await sleep(600);
    socket.resume();
    await until(() => told === 2, 10_000);
    await near.publish([publication(100)]);
    await settleBus([near, far], () => sleep(20));
    expect(heard.length).toBeLessThan(61);
    expect(heard.at(-1)?.n).toBe(100);
  });

  it.concurrent("S50: ids that mean something to NATS reach nobody else", async () => {
    const { near, far } = await pair(natsBus);
    const hostile: readonly Topic[] = [
      "u:>",
      "u:*",
      "c:a.b",
      "u:a b",
      "u:a\r\nPUB x 0\r\n\r\n",
      "c:",
      "u:\t",
      "u:ü",
      "u:👋",
    ];
    const heard = await Promise.all([...hostile, "u:alice" as const].map((topic) => listen(far, topic)));
    await near.publish([publication(1, "hi", ["u:alice"])]);
    await near.publish(hostile.map((topic, at) => publication(at + 2, "hi", [topic])));
    await settleBus([near, far], () => sleep(20));
    expect(heard.map((envelopes) => envelopes.map(({ n }) => n))).toEqual([...hostile.map((_, at) => [at + 2]), [1]]);
  });

  it.concurrent("an envelope over max_payload is refused, its neighbours go on", async () => {
    const { near, far } = await pair(natsBus);
    const heard = await listen(far);
    const batch = [publication(1), publication(2, "x".repeat(1_100_000)), publication(3)];
    await expect(near.publish(batch)).rejects.toMatchObject({ code: "too_large" });
    await settleBus([near, far], () => sleep(20));
    expect(heard.map(({ n }) => n)).toEqual([1, 3]);
  });
});

describe.each([
  ["NATS", natsBus],
  ["JetStream", jetstreamBus],
] as const)("%s bus", (_, make) => {
  it.concurrent("refuses what comes beyond 16 MiB that the server has not taken yet, and goes on behind it", async () => {
    const { near, far } = await pair(make);
    const heard = await listen(far);
    const calls = Array.from({ length: 80 }, (_, n) => near.publish([publication(n + 1, "x".repeat(250_000))]));
    const codes = (await Promise.allSettled(calls)).map((each) =>
      each.status === "rejected" ? each.reason.code : "ok",
    );
    expect(new Set(codes)).toEqual(new Set(["ok", "unavailable"]));
    await near.publish([publication(100)]);
    await settleBus([near, far], () => sleep(20));
    expect(heard.length).toBe(codes.filter((code) => code === "ok").length + 1);
  });

  it.concurrent("may be closed, by the host or by itself, in whatever state, and says closed or unavailable from then on", async () => {
    const { near, far, connection } = await pair(make);
    await connection.close();
    await expect(near.publish([publication(1)])).rejects.toMatchObject({ code: "unavailable" });
    await expect(near.ping()).rejects.toMatchObject({ code: "unavailable" });
    near.subscribe("c:c9", () => {}).ready.catch(() => {});
    await near.close();
    await expect(near.publish([publication(1)])).rejects.toMatchObject({ code: "closed" });
    await far.publish([publication(2)]);
  });
});

describe("JetStream bus, and a network that fails", () => {
  it.concurrent("what is published while an end is cut off, and while the server is down, arrives in the end, and nothing was missed", async () => {
    const server = await startNats();
    ends.push(() => server.stop());
    const { proxy, near, far } = await pair(jetstreamBus, server.url);
    const heard = await listen(far);
    let told = 0;
    for (const bus of [near, far]) bus.onInterruption(() => told++);
    proxy.cut();
    proxy.refuse();
    await near.publish([publication(1)]);
    await proxy.accept();
    await until(() => heard.length === 1, 10_000);
    await server.kill();
    const later = near.publish([publication(2), publication(3)]);
    await server.restart();
    await later;
    await until(() => heard.length === 3, 10_000);
    expect([heard.map(({ n }) => n), told]).toEqual([[1, 2, 3], 0]);
  });

  it.concurrent("a publication whose acknowledgement was lost is stored once, though it is sent again", async () => {
    const { proxy, near, far } = await pair(jetstreamBus);
    const heard = await listen(near);
    proxy.cutAt("down", (chunk) => Buffer.from(chunk).includes('"stream":'));
    await far.publish([publication(1)]);
    await far.publish([publication(2)]);
    await until(() => heard.length >= 2, 5_000);
    await sleep(300);
    expect(heard.map(({ n }) => n)).toEqual([1, 2]);
  });

  it.concurrent("F51: a stream that was trimmed before it was read is told, and so is one that was lost", async () => {
    const { proxy, near, far, connection, namespace } = await pair(jetstreamBus);
    const heard = await listen(far);
    let told = 0;
    far.onInterruption(() => told++);
    proxy.cut();
    proxy.refuse();
    await near.publish([publication(1)]);
    const { streams } = await jetstreamManager(connection);
    await streams.purge(`earshot_${namespace}_bus`);
    await near.publish([publication(2)]);
    await proxy.accept();
    await until(() => told === 1 && heard.length === 1, 10_000);
    await streams.delete(`earshot_${namespace}_bus`);
    await until(() => told === 2, 10_000);
    await near.publish([publication(3)]);
    await until(() => heard.length === 2, 10_000);
    expect(heard.map(({ n }) => n)).toEqual([2, 3]);
  });

  it.concurrent("a reader that is slow is waited for, and misses nothing", async () => {
    const { near, far } = await pair(jetstreamBus);
    const heard: number[] = [];
    await far.subscribe("c:c1", ({ n }) => {
      heard.push(n);
      if (n % 50 !== 0) return;
      const from = performance.now();
      while (performance.now() - from < 20);
    }).ready;
    const all = Array.from({ length: 400 }, (_, at) => at + 1);
    await Promise.all(all.map((n) => near.publish([publication(n, "x".repeat(5_000))])));
    await until(() => heard.length === all.length, 10_000);
    expect(heard).toEqual(all);
  });
});
