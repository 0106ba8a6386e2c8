import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChatClient } from "./chat-client.ts";
import type { ChatClientOptions } from "./options.ts";
import type { TransportKind } from "./ports/transport.ts";
import { FakeGateway } from "./testing/fake-gateway.ts";
import { FakeNetwork } from "./testing/fake-network.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

// the chunk is loaded as it is in a page, which takes turns that no clock here knows of
await import("./transport/fallback.ts");

function make(
  transports: readonly TransportKind[] = ["websocket", "sse", "poll"],
  options: Partial<ChatClientOptions> = {},
) {
  const clock = new ManualClock();
  const gateway = new FakeGateway(clock);
  const { server } = gateway;
  const { http } = server;
  const network = new FakeNetwork();
  const client = new ChatClient({
    ...{ url: "http://localhost/chat", token: () => "me", device: "d1", clock, network, transports },
    ...{ random: new SeededRandom(7), transport: server.open, fetch: http.fetch },
    ...options,
  });
  const window = client.conversation("c1").messages();
  const shown = (): unknown[] =>
    window.current.items.map((item) =>
      item.kind === "message" ? `${item.seq} ${item.body["text"]} ${item.status}` : "",
    );
  const transport = () => client.connection.current.transport;
  return { clock, gateway, server, http, network, client, window, shown, transport };
}

/** Lets a chunk be loaded on the way. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let each = 0; each < 4; each++) {
    await clock.advance(ms / 4);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function online(transports: readonly TransportKind[], blocked = true, options: Partial<ChatClientOptions> = {}) {
  const all = make(transports, options);
  if (blocked) all.server.accepts = "none";
  all.window.subscribe(() => {});
  await pass(all.clock, 4_000);
  expect(all.client.connection.current.status).toBe("online");
  return all;
}

describe("ChatClient where WebSockets are blocked", () => {
  it.each(["sse", "poll"] as const)("chats by %s, in both directions", async (kind) => {
    const { clock, gateway, client, shown, transport, http } = await online(["websocket", kind]);
    expect(transport()).toBe(kind);
    gateway.append("c1", "you", { text: "hello" });
    const out = client.conversation("c1").send({ text: "hi" });
    await clock.advance(100);
    expect(out.current.status).toBe("sent");
    expect(shown()).toEqual(["1 hello sent", "2 hi sent"]);
    await clock.advance(120_000);
    expect([client.connection.current.status, transport()]).toEqual(["online", kind]);
    gateway.append("c1", "you", { text: "still there" });
    await clock.advance(100);
    expect(shown().length).toBe(3);
    expect(http.requests.every(({ path }) => /^\/(?:healthz|poll(?:\?wait=0)?|sse)$/.test(path))).toBe(true);
    await client.close();
    await clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  it("says which way it takes, also when there is none", async () => {
    const { clock, client, transport, server } = make(["websocket", "sse", "poll"]);
    expect(client.connection.current).toMatchObject({ status: "idle", transport: null });
    client.connect();
    await clock.advance(100);
    expect(transport()).toBe("websocket");
    server.accepts = "hanging";
    server.peer.close(1006);
    expect(client.connection.current).toMatchObject({ status: "waiting", transport: null });
  });

  it("polls where a proxy keeps streams to itself, and remembers it", async () => {
    const { clock, server, http, client, transport } = make();
    server.accepts = "none";
    http.streams = "buffered";
    client.connect();
    await pass(clock, 10_000);
    expect([client.connection.current.status, transport()]).toEqual(["online", "poll"]);
    const streams = () => http.requests.filter(({ path }) => path === "/sse").length;
    expect(streams()).toBe(1);
    http.forget();
    await pass(clock, 4_000);
    expect([client.connection.current.status, transport(), streams()]).toEqual(["online", "poll", 1]);
  });

  it("polls where the platform reads no streams", async () => {
    const all = make();
    const { server, http, clock } = all;
    server.accepts = "none";
    const unread = async (...request: Parameters<typeof fetch>): Promise<Response> => {
      const response = await http.fetch(...request);
      return { ...response, body: undefined } as unknown as Response;
    };
    const client = new ChatClient({
      ...{ url: "http://localhost/chat", token: () => "me", clock, transport: server.open, fetch: unread },
      transports: ["websocket", "sse", "poll"],
    });
    client.connect();
    await pass(clock, 10_000);
    expect(client.connection.current).toMatchObject({ status: "online", transport: "poll" });
    await client.close();
  });

  it("never falls back because it is offline", async () => {
    const { clock, server, http, network, client, transport } = make();
    server.accepts = "none";
    http.health = null;
    http.fate = () => "lost";
    client.connect();
    await pass(clock, 300_000);
    server.accepts = "all";
    http.health = 200;
    http.fate = () => "answered";
    network.tell("online");
    await pass(clock, 1_000);
    expect(transport()).toBe("websocket");
    expect(http.requests.every(({ path }) => path === "/healthz")).toBe(true);
  });

  it("S13: names a session in headers alone, and puts no token into any address", async () => {
    const { http, client, clock } = await online(["websocket", "sse"], true, { token: () => "top-secret" });
    client.conversation("c1").send({ text: "hi" });
    await clock.advance(1_000);
    for (const { path, headers } of http.requests) {
      expect(path).not.toContain("secret");
      expect(JSON.stringify(headers)).not.toContain("top-secret");
    }
    expect(http.requests.filter(({ body }) => body?.includes("top-secret")).length).toBe(1);
  });

  it("goes back to WebSocket after five minutes, and the session that works is let go when that is welcomed", async () => {
    const { clock, gateway, server, client, window, transport, shown } = await online(["websocket", "sse"]);
    const statuses = new Set<string>();
    client.connection.subscribe(({ status }) => statuses.add(status));
    const views = new Set<string>();
    window.subscribe(({ items }) => views.add(items.map(({ seq }) => seq ?? "-").join()));
    server.accepts = "all";
    await clock.advance(290_000);
    expect(transport()).toBe("sse");
    gateway.append("c1", "you", { text: "before" });
    await clock.advance(100_000);
    expect(transport()).toBe("websocket");
    expect(server.peers.at(-1)?.received[0]).toMatchObject({ t: "hello", k: 2, resume: expect.any(String) });
    expect(server.peers.at(-2)?.open).toBe(false);
    gateway.append("c1", "you", { text: "after" });
    client.conversation("c1").send({ text: "mine" });
    await clock.advance(1_000);
    expect(shown()).toEqual(["1 before sent", "2 after sent", "3 mine sent"]);
    expect([...statuses]).toEqual(["online"]);
    expect([...views]).toEqual(["1", "1,-", "1,2,-", "1,2,3"]);
    await clock.advance(600_000);
    expect([client.connection.current.status, transport(), server.http.open]).toEqual(["online", "websocket", 0]);
    await client.close();
    expect(server.peer.last("bye")).toEqual({ t: "bye" });
    await clock.advance(30_000);
    expect(clock.pending).toBe(0);
  });

  it("goes on as it was where WebSockets are blocked still: refused, hanging, open and mute, or cut right after the hello", async () => {
    for (const how of ["none", "hanging", "mute", "cut"] as const) {
      const { clock, gateway, server, client, transport, shown } = await online(["websocket", "sse", "poll"]);
      const statuses = new Set<string>();
      client.connection.subscribe(({ status }) => statuses.add(status));
      const tries = server.peers.length;
      if (how === "none" || how === "hanging") server.accepts = how;
      else {
        server.accepts = "all";
        server.onConnection = (peer) => {
          if (how === "cut" && peer.url !== "/poll") clock.after(20, () => peer.close(1006));
        };
      }
      await clock.advance(3_600_000);
      expect([transport(), [...statuses]]).toEqual(["sse", []]);
      // after 5, 15 and 35 min, each up to a quarter later
      expect(server.peers.length - tries).toBe(3);
      gateway.append("c1", "you", { text: "still here" });
      await clock.advance(100);
      expect(shown()).toEqual(["1 still here sent"]);
      await client.close();
    }
  });

  it("is not stopped where the gateway has replaced its session by one that then fails", async () => {
    const { clock, gateway, server, client, transport } = await online(["websocket", "sse"]);
    const hello = server.onConnection;
    server.accepts = "all";
    server.onConnection = (peer) => {
      hello?.(peer);
      // it takes the hello, so that the old one is closed with 4504, and breaks before its welcome comes
      if (peer.url !== "/poll") clock.after(3, () => peer.close(1006));
    };
    await clock.advance(376_000);
    expect(client.connection.current.status).not.toBe("closed");
    server.onConnection = hello;
    await pass(clock, 20_000);
    gateway.append("c1", "you", {});
    expect([client.connection.current.status, transport()]).toEqual(["online", "sse"]);
  });

  it("tries WebSocket soon when the network comes back, at most every 30 s", async () => {
    const { clock, server, network, transport } = await online(["websocket", "sse"]);
    const tries = server.peers.length;
    network.tell("wake");
    await clock.advance(1_000);
    expect(server.peers.length).toBe(tries);
    network.tell("online");
    await clock.advance(1_000);
    network.tell("online");
    await clock.advance(1_000);
    expect([server.peers.length, transport()]).toEqual([tries + 1, "sse"]);
    server.accepts = "all";
    await clock.advance(30_000);
    network.tell("online");
    await clock.advance(1_000);
    expect(transport()).toBe("websocket");
  });

  it("I22: leaves a gateway that drains when it is told to, by the same way, with nothing unanswered", async () => {
    for (const kind of ["sse", "poll"] as const) {
      const { clock, gateway, server, client, transport } = await online(["websocket", kind]);
      const before = server.peer;
      before.send({ t: "drain", within: 20_000, delay: 2_000 });
      gateway.latencyMs = 3_000;
      await clock.advance(1_000);
      const out = client.conversation("c1").send({ text: "on its way" });
      await clock.advance(1_900);
      expect([server.peers.at(-1) === before, out.current.status]).toEqual([true, "pending"]);
      await pass(clock, 10_000);
      expect([out.current.status, client.connection.current.status, transport()]).toEqual(["sent", "online", kind]);
      expect([before.got("send").length, server.peer === before, server.peer.got("send").length]).toEqual([
        1,
        false,
        0,
      ]);
    }
  });

  it("I22: says by the WebSocket that it went back to what a gateway that drains has left unanswered", async () => {
    const { clock, server, network, client, transport } = await online(["websocket", "sse"]);
    server.peer.onFrame = null;
    const out = client.conversation("c1").send({ text: "on its way" });
    server.peer.send({ t: "drain", within: 20_000, delay: 100 });
    await clock.advance(1_000);
    server.accepts = "all";
    network.tell("online");
    await clock.advance(1_000);
    expect([transport(), out.current.status]).toEqual(["websocket", "sent"]);
    const later = client.conversation("c1").send({ text: "and more" });
    await clock.advance(30_000);
    expect([transport(), later.current.status, server.peer.open]).toEqual(["websocket", "sent", true]);
  });

  it("gives WebSockets their turn again after three attempts in a row that came to nothing", async () => {
    const { clock, server, http, client, transport } = await online(["websocket", "sse"]);
    const tries = server.peers.filter(({ url }) => url !== "/poll").length;
    server.accepts = "all";
    http.fate = ({ path }) => (path === "/healthz" ? "answered" : 502);
    http.forget();
    await pass(clock, 60_000);
    expect([client.connection.current.status, transport()]).toEqual(["online", "websocket"]);
    expect(http.requests.filter(({ body }) => body?.includes('"hello"')).length).toBe(4);
    expect(server.peers.filter(({ url }) => url !== "/poll").length).toBe(tries + 1);
  });

  it("comes back by the same way after the gateway was killed, within `spread` and then with full jitter", async () => {
    for (const kind of ["sse", "poll"] as const) {
      const { clock, gateway, server, http, client, transport } = await online(["websocket", kind]);
      gateway.kill();
      http.forget();
      await clock.advance(3_000);
      expect([client.connection.current.status, transport()]).toEqual(["online", kind]);
      expect(server.peer.received[0]).toMatchObject({ t: "hello", resume: expect.any(String) });
    }
  });

  it("asks again for what may have been lost with a stream", async () => {
    const { clock, gateway, http, client, shown } = await online(["websocket", "sse"]);
    gateway.latencyMs = 200;
    const out = client.conversation("c1").send({ text: "mine" });
    await clock.advance(190);
    // its answer goes down a stream that nobody reads any more
    http.cut();
    await clock.advance(5_000);
    expect(out.current.status).toBe("sent");
    expect(shown()).toEqual(["1 mine sent"]);
    expect([client.connection.current.status, gateway.log("c1").length]).toEqual(["online", 1]);
  });

  it.each(["sse", "poll"] as const)(
    "I7, I8: applies each event once, in order, whatever befalls it by %s",
    async (kind) => {
      const seed = fc.integer({ min: 0, max: 2 ** 31 });
      await fc.assert(
        fc.asyncProperty(seed, (each) => trial(kind, each)),
        { numRuns: 25 },
      );
    },
  );
});

/** One device that chats by this way, while requests, answers, streams and sessions are lost as a seed has it. */
async function trial(kind: "sse" | "poll", seed: number): Promise<void> {
  const chance = new SeededRandom(seed);
  const { clock, gateway, http, client, window } = make([kind], { random: new SeededRandom(seed + 1) });
  const wrong: string[] = [];
  window.subscribe(({ items }) => {
    for (const [at, { seq, from }] of items.entries()) {
      const before = items[at - 1]?.seq;
      // own ones that are answered may stand behind a hole, at the end
      if (seq !== null && before != null && seq !== before + 1 && from !== "me") wrong.push(`${seq} after ${before}`);
    }
    if (new Set(items.map(({ key }) => key)).size !== items.length) wrong.push("an item twice");
  });
  await pass(clock, 1_000);
  http.latencyMs = () => chance.float() * 200;
  http.fate = () => (["lost", "answer-lost", 502, "answered"] as const)[Math.floor(chance.float() * 12)] ?? "answered";
  const sends = [];
  for (let step = 0; step < 60; step++) {
    const what = chance.float();
    if (what < 0.05) http.forget();
    else if (what < 0.15) http.cut(chance.float() < 0.5);
    else if (what < 0.4) sends.push(client.conversation("c1").send({ text: `mine ${step}` }));
    else if (what < 0.7) gateway.append("c1", "you", { text: `theirs ${step}` });
    await clock.advance(chance.float() * 1_000);
  }
  http.fate = () => "answered";
  await clock.advance(120_000);
  expect(client.connection.current).toMatchObject({ status: "online", transport: kind });
  const log = gateway.log("c1");
  expect([wrong, window.current.status]).toEqual([[], "live"]);
  expect(window.current.items.map(({ seq, body }) => [seq, body["text"]])).toEqual(
    log.map(({ seq, body }) => [seq, body?.["text"]]),
  );
  expect(log.filter(({ from }) => from === "me").length).toBe(sends.length);
  await client.close();
  await clock.advance(60_000);
  expect(clock.pending).toBe(0);
}
