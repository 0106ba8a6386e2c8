import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { WireClient } from "../support/wire-client.ts";
import { call } from "../support/wire-http.ts";
import type { TransportName } from "../support/wire-link.ts";

const DRAIN_MS = 3_000;
const servers: RunningServer[] = [];

afterAll(async () => {
  WireClient.terminateAll();
  for (const server of servers) await server.stop();
});

async function start(): Promise<RunningServer> {
  const server = await startServer({ env: { DRAIN_MS: String(DRAIN_MS) } });
  servers.push(server);
  return server;
}

async function join(server: RunningServer, user: string, transport: TransportName): Promise<WireClient> {
  const client = await WireClient.connect(server.url, { transport });
  client.write({ t: "hello", v: 1, token: user, device: `${user}-${transport}` });
  await client.next("welcome");
  return client;
}

describe("a gateway that is told to end", () => {
  it("I22: tells everybody when to leave, serves them until then, and closes who stays with 4001", async () => {
    const server = await start();
    const made = await call(server.url, "POST", "/conversations", {
      user: "alice",
      json: { kind: "group", members: ["bob"] },
    });
    const c = String(made.body.c);
    const alice = await join(server, "alice", "websocket");
    const bobs = [
      await join(server, "bob", "websocket"),
      await join(server, "bob", "poll"),
      await join(server, "bob", "sse"),
    ];

    const began = performance.now();
    const stopped = server.stop();
    const drains = await Promise.all([alice, ...bobs].map((client) => client.next("drain")));
    for (const drain of drains) {
      expect(drain).toMatchObject({ within: DRAIN_MS });
      expect(Number(drain["delay"])).toBeLessThan(DRAIN_MS);
    }
    expect(new Set(drains.map(({ delay }) => delay)).size).toBeGreaterThan(1);

    const ready = await fetch(`${server.url}/chat/readyz`);
    expect([ready.status, ready.headers.get("retry-after")]).toEqual([503, "1"]);
    await expect(WireClient.connect(server.url, { transport: "websocket" })).rejects.toThrow("503");
    expect((await call(server.url, "GET", `/conversations/${c}`, { user: "bob" })).status).toBe(200);
    expect(await alice.say(c, "still here")).toMatchObject({ t: "sent", seq: 2 });
    for (const bob of bobs) expect(await bob.next("event")).toMatchObject({ c, seq: 2 });

    const closed = await Promise.all([alice, ...bobs].map((client) => client.closed(DRAIN_MS + 2_000)));
    expect(closed.map(({ code }) => code)).toEqual([4001, 4001, 4001, 4001]);
    expect(performance.now() - began).toBeGreaterThan(DRAIN_MS - 500);
    expect(await stopped).toBe(0);
    expect(performance.now() - began).toBeLessThan(DRAIN_MS + 3_000);
  });

  it("I22: ends as soon as all have left", async () => {
    const server = await start();
    const alice = await join(server, "alice", "websocket");
    const began = performance.now();
    const stopped = server.stop();
    await alice.next("drain");
    await pause(100);
    alice.write({ t: "bye" });
    expect((await alice.closed()).code).toBe(1000);
    expect(await stopped).toBe(0);
    expect(performance.now() - began).toBeLessThan(DRAIN_MS - 500);
  });
});
