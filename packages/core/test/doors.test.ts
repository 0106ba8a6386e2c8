import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { ChatEngineOptions } from "../src/options.ts";
import { Gateway } from "./security/gateway.ts";
import { frameBytes, type RawSocket } from "./security/raw-socket.ts";

let gateway: Gateway;

afterEach(async () => {
  await gateway.close();
});

async function start(
  limits: ChatEngineOptions["limits"] = {},
  options: Partial<ChatEngineOptions> = {},
): Promise<Gateway> {
  gateway = await Gateway.start({ limits, ...options });
  return gateway;
}

const send = (c: string, id: string, text = "hi") => ({ t: "send", id, c, type: "message", body: { text } });

async function until(what: () => boolean, withinMs = 10_000): Promise<void> {
  for (const endsAt = performance.now() + withinMs; !what() && performance.now() < endsAt; ) await pause(20);
  expect(what()).toBe(true);
}

describe("doors: a message that never ends", () => {
  it.each([
    ["in fragments", (step: number) => frameBytes(step === 0 ? 0x01 : 0x00, "x")],
    [
      "in fragments with pings between",
      (step: number) => Buffer.concat([frameBytes(step === 0 ? 0x01 : 0x00, "x"), frameBytes(0x89, "")]),
    ],
    ["in single bytes of one frame", (step: number) => frameBytes(0x81, "x".repeat(1_000)).subarray(step, step + 1)],
  ])("S22: dripped %s it is closed with 1008", async (_, drip) => {
    await start({ messageWithinMs: 1_500 });
    const socket = await gateway.open("mallory");
    const begun = performance.now();
    for (let step = 0; socket.closed === null && step < 60; step++) {
      socket.write(drip(step));
      await pause(150);
    }
    expect(await socket.end()).toBe(1008);
    const took = performance.now() - begun;
    expect(took).toBeGreaterThan(1_400);
    expect(took).toBeLessThan(4_500);
    expect(await gateway.serves()).toBe(true);
  });

  it("S22: one that takes its time and ends, and control frames alone, are no offence", async () => {
    await start({ messageWithinMs: 1_500 });
    const socket = await gateway.open("alice");
    const bytes = frameBytes(0x81, JSON.stringify({ t: "ping", n: 0 }));
    for (let round = 0; round < 4; round++) {
      for (const part of [bytes.subarray(0, 5), bytes.subarray(5, 20), bytes.subarray(20)]) {
        socket.write(part);
        await pause(300);
      }
      socket.write(frameBytes(0x89, "still here"));
    }
    await socket.next("pong");
    expect(socket.closed).toBe(null);
  });
});

describe("doors: who comes in", () => {
  it("S42: one address comes so often, and is told when it may again", async () => {
    await start({ handshakesPerSecondPerAddressMax: 1, handshakeBurstSeconds: 3 });
    const came = await Promise.allSettled(Array.from({ length: 8 }, () => gateway.upgrade()));
    expect(came.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    for (const answer of came) {
      if (answer.status === "fulfilled") continue;
      expect(String(answer.reason)).toMatch(
        /HTTP\/1\.1 429 rate_limited[\s\S]*Retry-After: 1[\s\S]*"code":"rate_limited"/,
      );
    }
    await pause(1_100);
    await gateway.upgrade();
  });

  it("S42: so many sessions of one address are here, by WebSocket and polls alike; others take the places of those that left", async () => {
    await start({ connectionsPerAddressMax: 2 });
    const first = await gateway.open("alice");
    await gateway.upgrade();
    await expect(gateway.upgrade()).rejects.toThrow("429");
    const hello = { t: "hello", v: 1, token: "alice", device: "poll" };
    expect((await gateway.call("alice", "POST", "/poll", { k: 1, frames: [hello] })).status).toBe(429);
    first.destroy();
    await until(() => gateway.gauges.sessions === 1);
    await gateway.open("bob");
    expect(gateway.gauges.addresses).toBe(1);
  });

  it("S6: hundreds that never say hello are gone in time, and leave nothing", async () => {
    await start({ helloWithinMs: 1_000 });
    const silent = await Promise.all(Array.from({ length: 300 }, () => gateway.upgrade()));
    expect(gateway.gauges.sessions).toBe(300);
    expect(new Set(await Promise.all(silent.map((socket) => socket.end())))).toEqual(new Set([4008]));
    for (const socket of silent) socket.destroy();
    await until(() => gateway.gauges.sessions === 0);
    expect(gateway.gauges).toMatchObject({ sessions: 0, swept: 0, addresses: 0, users: 0 });
    expect(await gateway.serves()).toBe(true);
  });

  it("S42: so many sessions of one user: 4505", async () => {
    await start({ connectionsPerUserMax: 2 });
    for (let device = 0; device < 2; device++) await gateway.open("alice");
    const third = await gateway.upgrade();
    third.say({ t: "hello", v: 1, token: "alice", device: "one-more" });
    expect(await third.end()).toBe(4505);
  });
});

describe("doors: what a user may read", () => {
  const COSTLY = { rowsPerSecondPerUserMax: 100, rowsBurstPerUserMax: 1_000 };

  /** A conversation `c1` of mallory and alice with a hundred messages. */
  async function filled(): Promise<RawSocket> {
    await start(COSTLY);
    await gateway.group("c1", "alice", "mallory");
    const alice = await gateway.open("alice");
    for (let seq = 0; seq < 100; seq++) alice.say(send("c1", `m${seq}`));
    await alice.next({ t: "sent", seq: 101 });
    return gateway.open("mallory");
  }

  it("S47: pages in a loop are refused with a wait, then served again; over HTTP too; others read on", async () => {
    const mallory = await filled();
    let served = 0;
    let refused: Readonly<Record<string, unknown>> | null = null;
    while (refused === null && served < 100) {
      mallory.say({ t: "fetch", id: `f${served}`, c: "c1", after: 0 });
      const answer = await mallory.next({ id: `f${served}` });
      if (answer.t === "events") served++;
      else refused = answer;
    }
    // 111 rows a page, of 1,000 and what comes back meanwhile.
    expect(served).toBeGreaterThanOrEqual(9);
    expect(served).toBeLessThan(20);
    expect(refused).toMatchObject({ t: "error", c: "c1", code: "rate_limited", retry: expect.any(Number) });
    const overHttp = await gateway.call("mallory", "GET", "/conversations/c1/messages?after=0");
    expect([overHttp.status, overHttp.headers.get("retry-after")]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    expect((await gateway.call("alice", "GET", "/conversations/c1/messages?after=0")).status).toBe(200);
    await pause(Number(refused?.["retry"]) + 50);
    mallory.say({ t: "fetch", id: "again", c: "c1", after: 0 });
    expect((await mallory.next({ id: "again" })).t).toBe("events");
  });

  it("S47: cursors at the beginning, in a loop, end in `lagging`, without a read", async () => {
    const mallory = await filled();
    const [row] = (
      (await (await gateway.call("mallory", "GET", "/conversations")).json()) as { conversations: { epoch: string }[] }
    ).conversations;
    let pages = 0;
    for (let round = 0; round < 40; round++) {
      mallory.say({ t: "have", have: [["c1", row?.epoch, 1]] });
      mallory.say({ t: "ping", n: 0 });
    }
    await mallory.next("lagging");
    pages = mallory.frames.filter(({ t }) => t === "events").length;
    // 111 rows each, of 1,000 and what comes back meanwhile.
    expect(pages).toBeLessThan(25);
    expect(mallory.frames.find(({ t }) => t === "lagging")).toEqual({ t: "lagging", c: ["c1"] });
  });

  it("S45: subscribing and unsubscribing in a loop is refused with a wait", async () => {
    const mallory = await filled();
    for (let round = 0; round < 30; round++) {
      mallory.say({ t: "subscribe", id: `s${round}`, c: "c1" });
      mallory.say({ t: "unsubscribe", id: `u${round}`, c: "c1" });
    }
    const refused = await mallory.next({ t: "error", code: "rate_limited" });
    expect(refused["retry"]).toBeGreaterThan(0);
    expect(mallory.frames.filter(({ t }) => t === "subscribed").length).toBeLessThan(15);
  });

  it("S56: reads, marks and states in a loop are refused with a wait", async () => {
    const mallory = await filled();
    for (let round = 0; round < 700; round++) {
      mallory.say({ t: "active", state: round % 2 === 0 ? "idle" : "active" });
      mallory.say({ t: "read", c: `foreign${round}`, seq: 1 });
    }
    const refused = await mallory.next({ t: "error", code: "rate_limited" });
    expect(["active", "read"]).toContain(refused["re"]);
    expect(await gateway.serves()).toBe(true);
  });
});

describe("doors: floods", () => {
  it("S46: a flood is refused with a wait, and who goes on is closed with 4029", async () => {
    await start({ refusedPerTenSecondsMax: 100 });
    for (let c = 0; c < 4; c++) await gateway.group(`c${c}`, "mallory");
    const mallory = await gateway.open("mallory");
    for (let id = 0; id < 3_000 && mallory.closed === null; id++) mallory.say(send(`c${id % 4}`, `m${id}`));
    expect(await mallory.end()).toBe(4029);
    const refused = mallory.frames.filter(({ t }) => t === "error");
    expect(refused.length).toBeGreaterThanOrEqual(100);
    expect(refused.length).toBeLessThan(300);
    for (const { code, retry } of refused) {
      expect(["rate_limited", "blocked"]).toContain(code);
      expect(retry).toBeGreaterThan(0);
    }
    expect(await gateway.serves()).toBe(true);
  });

  it("S23: a flood of WebSocket pings is closed with 4029", async () => {
    await start();
    const mallory = await gateway.open("mallory");
    for (let burst = 0; burst < 5 && mallory.closed === null; burst++) {
      mallory.write(Buffer.concat(Array.from({ length: 20 }, () => frameBytes(0x89, "x".repeat(125)))));
      await pause(50);
    }
    expect(await mallory.end()).toBe(4029);
  });

  it("S23: more pings at once than pongs may wait end the connection", async () => {
    await start();
    const mallory = await gateway.open("mallory");
    mallory.write(Buffer.concat(Array.from({ length: 1_000 }, () => frameBytes(0x89, "x".repeat(125)))));
    expect([1006, 4029]).toContain(await mallory.end());
    expect(await gateway.serves()).toBe(true);
  });

  it("S48: a thousand typings and reads of one become one notice and few receipts for each of the others", async () => {
    await start();
    const members = Array.from({ length: 8 }, (_, index) => `u${index}`);
    await gateway.group("c1", "mallory", ...members);
    const others = await Promise.all(members.map((user) => gateway.open(user)));
    for (const other of others) {
      other.say({ t: "subscribe", id: "s", c: "c1" });
      await other.next("subscribed");
    }
    const mallory = await gateway.open("mallory");
    for (let sent = 0; sent < 20; sent++) mallory.say(send("c1", `m${sent}`));
    await mallory.next({ t: "sent", seq: 21 });
    const begun = performance.now();
    for (let round = 0; round < 500; round++) mallory.say({ t: "typing", c: "c1" });
    for (let round = 0; round < 500; round++) mallory.say({ t: "read", c: "c1", seq: (round % 21) + 1 });
    mallory.say({ t: "ping", n: 0 });
    await mallory.next("pong");
    await pause(500);
    const seconds = (performance.now() - begun) / 1_000;
    for (const { frames } of others) {
      expect(frames.filter(({ t }) => t === "typing").length).toBeLessThanOrEqual(1 + seconds / 3);
      // Held back for 200 ms and merged, and none where nothing rises.
      expect(frames.filter(({ t }) => t === "receipt").length).toBeLessThanOrEqual(2 + 5 * seconds);
    }
  });
});

describe("doors: those who never read", () => {
  it("S49: all outboxes together keep no more than their budget, those that keep most go, and who reads loses nothing", async () => {
    const BUDGET = 4 * 1_024 * 1_024;
    await start({ outboxesBytesMax: BUDGET, sendsPerSecondMax: 10_000, sendsPerSecondPerUserMax: 10_000 });
    const silent = Array.from({ length: 60 }, (_, index) => `silent${index}`);
    await gateway.group("c1", "alice", "bob", ...silent);
    const sockets = await Promise.all(silent.map((user) => gateway.open(user)));
    for (const { socket } of sockets) socket.pause();
    const bob = await gateway.open("bob");
    const alice = await gateway.open("alice");
    let most = 0;
    for (let sent = 0; sent < 200; sent++) {
      alice.say(send("c1", `m${sent}`, "x".repeat(8_000)));
      await alice.next({ t: "sent", id: `m${sent}` });
      await bob.next({ t: "event", id: `m${sent}` });
      bob.say({ t: "ack", n: sent + 1 });
      most = Math.max(most, gateway.gauges.outboxBytes);
    }
    expect(most).toBeGreaterThan(BUDGET / 4);
    // Within one turn each may get one event more.
    expect(most).toBeLessThan(BUDGET + silent.length * 9_000);
    expect(bob.frames.filter(({ t }) => t === "event").map(({ seq }) => seq)).toEqual(
      Array.from({ length: 200 }, (_, index) => index + 2),
    );
    for (const { socket } of sockets) socket.resume();
    // Closed, or told what to read of the log once they acknowledge: nobody is left in between.
    const slow = await Promise.all(sockets.map(async (socket) => socket.end(3_000).catch(() => null)));
    expect(slow.filter((code) => code === 4000).length).toBeGreaterThan(0);
    expect(new Set(slow)).toEqual(new Set(slow.includes(null) ? [4000, null] : [4000]));
    expect(await gateway.serves()).toBe(true);
  }, 60_000);
});
