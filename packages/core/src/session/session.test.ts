import { CLOSE, type HelloFrame, LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { houseOf } from "../chat-engine.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import type { TestClient } from "../testing/test-client.ts";
import { TestEngine, type TestEngineOptions } from "../testing/test-engine.ts";

/** An engine with a conversation `c1` of alice and bob. */
async function engineWith(options: TestEngineOptions = {}): Promise<TestEngine> {
  const engine = await TestEngine.start(options);
  await engine.create("alice", "c1", ["bob"]);
  return engine;
}

const hello = (fields: Partial<HelloFrame> = {}): HelloFrame => ({
  t: "hello",
  v: 1,
  token: "alice",
  device: "d1",
  ...fields,
});

/** What a client is told when it says this before anything else. */
async function first(engine: TestEngine, say: (client: TestClient) => void): Promise<number | null> {
  const client = engine.connect();
  say(client);
  await engine.settle();
  return client.closedWith;
}

describe("Session: opening", () => {
  it("welcomes with all that a client has to know", async () => {
    const engine = await engineWith({ node: "n7", limits: { windowFramesMax: 9 } });
    const alice = await engine.join("alice", { k: 3, agent: "test" });
    expect(alice.received).toEqual([
      {
        t: "welcome",
        v: 1,
        session: expect.stringMatching(/^s_n7_[A-Za-z0-9_-]{22}$/),
        user: "alice",
        node: "n7",
        resumed: false,
        resume: expect.stringContaining("."),
        durability: "memory",
        heartbeat: 20_000,
        spread: 400,
        window: 9,
        limits: { frame: 65_536, body: 32_768, inflight: 64, have: 1_000, page: 200, subscriptions: 200 },
        now: engine.clock.now(),
      },
    ]);
  });

  it.each([
    {
      what: "another frame",
      say: (client: TestClient) => client.pair.send({ t: "ping", n: 0 }),
      code: CLOSE.malformed.code,
    },
    { what: "no JSON", say: (client: TestClient) => client.pair.sendText("hello"), code: CLOSE.malformed.code },
    { what: "a binary frame", say: (client: TestClient) => client.pair.sendBinary(), code: CLOSE.malformed.code },
    {
      what: "a version not spoken",
      say: (client: TestClient) => client.pair.send(hello({ v: 2 })),
      code: CLOSE.version.code,
    },
    {
      what: "no device",
      say: (client: TestClient) => client.pair.sendText('{"t":"hello","v":1,"token":"alice"}'),
      code: CLOSE.malformed.code,
    },
    {
      what: "S7: a hello over 16 KiB",
      say: (client: TestClient) => client.pair.send(hello({ agent: "x".repeat(LIMITS.helloBytesMax) })),
      code: CLOSE.tooLarge.code,
    },
    {
      what: "a token of nobody",
      say: (client: TestClient) => client.pair.send(hello({ token: "no user" })),
      code: CLOSE.unauthenticated.code,
    },
    {
      what: "a resume that does not hold",
      say: (client: TestClient) => client.pair.send({ t: "hello", v: 1, device: "d1", resume: "x" }),
      code: CLOSE.expired.code,
    },
  ])("closes for $what with $code", async ({ say, code }) => {
    const engine = await engineWith();
    expect(await first(engine, say)).toBe(code);
    expect(engine.gauges).toMatchObject({ sessions: 0, swept: 0 });
  });

  it("S6: closes with 4008 who says nothing for 5 s, also when it gives signs of life", async () => {
    const engine = await engineWith();
    const client = engine.connect();
    for (let second = 0; second < 4; second++) {
      client.pair.sendControl();
      await engine.advance(1_000);
    }
    expect(client.closedWith).toBe(null);
    await engine.advance(1_000);
    expect(client.closedWith).toBe(CLOSE.noHello.code);
    expect(engine.gauges).toMatchObject({ sessions: 0, swept: 0 });
  });

  it("S22: closes with 1008 who owes the rest of a message for 10 s, but not for time in which this process stood still", async () => {
    const engine = await engineWith();
    const closes: number[] = [];
    const owing = { since: null as number | null };
    const session = houseOf(engine.chat).accept({
      request: { address: "192.0.2.1", origin: null, headers: {} },
      bufferedBytes: 0,
      get unfinishedSince() {
        return owing.since;
      },
      send: () => {},
      close: (code) => void closes.push(code),
      pause: () => {},
      resume: () => {},
    });
    session.onText(JSON.stringify(hello()));
    await engine.settle();
    owing.since = engine.clock.monotonic();
    await engine.advance(9_000);
    session.sweep(engine.clock.monotonic(), true);
    await engine.advance(9_000);
    session.onControl();
    expect(closes).toEqual([]);
    await engine.advance(1_000);
    expect(closes).toEqual([CLOSE.policy.code]);
  });

  it("takes what comes right behind hello after the welcome, in order", async () => {
    const engine = await engineWith();
    const client = engine.connect();
    client.pair.send(hello(), { t: "ping", n: 0 }, { t: "fetch", id: "r1", c: "c1" });
    expect(client.received).toEqual([]);
    await engine.settle();
    expect(client.received.map((frame) => frame.t)).toEqual(["welcome", "pong", "events"]);
  });

  it("reads no further while it authenticates, and closes after 5 s with 4013", async () => {
    const engine = await TestEngine.start({ authenticate: () => new Promise(() => {}) });
    const client = engine.connect();
    client.pair.send(hello());
    await engine.settle();
    client.pair.send({ t: "ping", n: 0 });
    expect(client.pair.gatewayReads).toBe(false);
    await engine.advance(5_000);
    expect(client.closedWith).toBe(CLOSE.overloaded.code);
  });

  it("lets go of a client that leaves while it is authenticated", async () => {
    let answer: (identity: { user: string }) => void = () => {};
    const engine = await TestEngine.start({ authenticate: () => new Promise((resolve) => (answer = resolve)) });
    const client = engine.connect();
    client.pair.send(hello());
    await engine.settle();
    client.pair.cut();
    answer({ user: "alice" });
    await engine.settle();
    expect(engine.gauges).toMatchObject({ sessions: 0, swept: 0, users: 0, subscriptions: 0, watermarks: 0 });
  });

  it("refuses a second hello and stays open", async () => {
    const engine = await engineWith();
    const alice = await engine.join("alice");
    await alice.say(hello());
    expect(alice.of("error")).toMatchObject([{ re: "hello", code: "invalid" }]);
    expect(alice.closedWith).toBe(null);
  });
});

describe("Session: one of a device", () => {
  it("is replaced by a later attempt with 4504, and replaces an earlier one", async () => {
    const engine = await engineWith();
    const first = await engine.join("alice", { device: "d1", k: 1 });
    const second = await engine.join("alice", { device: "d1", k: 2 });
    expect([first.closedWith, second.closedWith]).toEqual([CLOSE.replaced.code, null]);
    const late = await engine.join("alice", { device: "d1", k: 1 });
    expect([second.closedWith, late.closedWith, late.welcome]).toEqual([null, CLOSE.replaced.code, undefined]);
    expect(engine.gauges).toMatchObject({ sessions: 1, users: 1 });
  });

  it("goes on as the user's although the one it replaced ends later", async () => {
    const engine = await engineWith();
    await engine.join("bob", { k: 1 });
    const bob = await engine.join("bob", { k: 2 });
    const alice = await engine.join("alice");
    await alice.send("c1", "m1");
    expect(bob.events("c1")).toHaveLength(1);
  });

  it("S42: bounds a user's sessions with 4505, and all sessions with 4013", async () => {
    const engine = await engineWith({ limits: { connectionsPerUserMax: 2, connectionsMax: 3 } });
    const open = [await engine.join("alice", { device: "d1" }), await engine.join("alice", { device: "d2" })];
    expect((await engine.join("alice", { device: "d3" })).closedWith).toBe(CLOSE.tooManyConnections.code);
    open.push(await engine.join("bob"));
    expect((await engine.join("carol")).closedWith).toBe(CLOSE.overloaded.code);
    expect(open.map((client) => client.closedWith)).toEqual([null, null, null]);
  });
});

describe("Session: credentials", () => {
  /** A token is `user` or `user:seconds it is good for`. */
  function expiring(clock: ManualClock): TestEngineOptions {
    return {
      clock,
      authenticate: ({ token }) => {
        const [user = "", seconds] = (token ?? "").split(":");
        if (user === "") return null;
        return seconds === undefined ? { user } : { user, expires: clock.now() + Number(seconds) * 1_000 };
      },
    };
  }

  it("S9: closes with 4100 when they end", async () => {
    const engine = await TestEngine.start(expiring(new ManualClock()));
    const alice = await engine.join("alice", { token: "alice:30" });
    expect(alice.welcome?.expires).toBe(engine.clock.now() + 30_000);
    for (let second = 0; second < 29; second++) {
      alice.pair.sendControl();
      await engine.advance(1_000);
    }
    expect(alice.closedWith).toBe(null);
    await engine.advance(1_000);
    expect(alice.closedWith).toBe(CLOSE.expired.code);
  });

  it("S9: are renewed by auth, which says until when", async () => {
    const engine = await TestEngine.start(expiring(new ManualClock()));
    const alice = await engine.join("alice", { token: "alice:10" });
    await engine.advance(5_000);
    await alice.say({ t: "auth", token: "alice:20" });
    expect(alice.of("authed")).toEqual([{ t: "authed", expires: engine.clock.now() + 20_000 }]);
    await engine.advance(15_000);
    expect(alice.closedWith).toBe(null);
    await alice.say({ t: "auth", token: "alice" });
    expect(alice.of("authed")[1]).toEqual({ t: "authed" });
    await engine.advance(15_000);
    expect(alice.closedWith).toBe(null);
  });

  it.each([
    ["bob", CLOSE.unauthenticated.code],
    ["", CLOSE.unauthenticated.code],
    ["alice:-1", CLOSE.expired.code],
  ])("are not renewed by the token %j: %i", async (token, code) => {
    const engine = await TestEngine.start(expiring(new ManualClock()));
    const alice = await engine.join("alice");
    await alice.say({ t: "auth", token });
    expect(alice.closedWith).toBe(code);
  });

  it("are carried on by resume, with the newest of them", async () => {
    const engine = await TestEngine.start(expiring(new ManualClock()));
    const alice = await engine.join("alice", { token: "alice:100" });
    await alice.say({ t: "auth", token: "alice:50" });
    await alice.say({ t: "ping", n: 0 });
    const resume = alice.of("pong")[0]?.resume ?? "";
    alice.pair.cut();
    const again = engine.connect();
    await again.say({ t: "hello", v: 1, device: "alice-1", resume });
    expect(again.welcome).toMatchObject({ resumed: true, expires: engine.clock.now() + 50_000 });
  });
});

describe("Session: signs of life", () => {
  it("closes with 4002 who says nothing for two heartbeats", async () => {
    const engine = await engineWith();
    const alice = await engine.join("alice");
    await engine.advance(39_000);
    expect(alice.closedWith).toBe(null);
    await engine.advance(1_000);
    expect(alice.closedWith).toBe(CLOSE.silent.code);
    expect(engine.gauges).toMatchObject({ sessions: 0, swept: 0, users: 0, subscriptions: 0, watermarks: 0 });
  });

  it.each([
    ["a ping", (client: TestClient) => client.pair.send({ t: "ping", n: 0 })],
    ["a control frame", (client: TestClient) => client.pair.sendControl()],
    ["a refused frame", (client: TestClient) => client.pair.send({ t: "typing", c: "c1" })],
  ])("takes %s for one", async (_, say) => {
    const engine = await engineWith();
    const alice = await engine.join("alice");
    for (let beat = 0; beat < 5; beat++) {
      await engine.advance(35_000);
      say(alice);
      await engine.settle();
    }
    expect(alice.closedWith).toBe(null);
  });

  it("I25: finds a half-open connection, and lets go of it without an answer", async () => {
    const engine = await engineWith();
    const alice = await engine.join("alice");
    alice.pair.halfOpen();
    await engine.advance(40_000);
    expect(engine.gauges).toMatchObject({ sessions: 0, swept: 0, users: 0, subscriptions: 0, watermarks: 0 });
    expect(alice.closedWith).toBe(null);
  });

  it("gives everybody a fresh interval after this process stood still (trap 27)", async () => {
    class Stalling extends ManualClock {
      stalledMs = 0;
      override monotonic(): number {
        return super.monotonic() + this.stalledMs;
      }
    }
    const clock = new Stalling();
    const engine = await engineWith({ clock });
    const [alice, bob, greeting] = [await engine.join("alice"), await engine.join("bob"), engine.connect()];
    await alice.send("c1", "m1");
    await engine.advance(500);
    clock.stalledMs = 300_000;
    await engine.advance(4_000);
    expect([alice, bob, greeting].map((client) => client.closedWith)).toEqual([null, null, null]);
    for (const client of [alice, bob]) client.pair.sendControl();
    await engine.advance(2_000);
    expect(greeting.closedWith).toBe(CLOSE.noHello.code);
    await engine.advance(20_000);
    // bob has not acknowledged, which is held against him from now on.
    expect([alice.closedWith, bob.closedWith]).toEqual([null, null]);
    expect(bob.of("again").length).toBeGreaterThan(0);
  });

  it("answers a ping with what was written and a newer resume, and with spread when it is another", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    for (const id of ["m1", "m2", "m3"]) await alice.send("c1", id);
    await engine.advance(1_000);
    await bob.say({ t: "ping", n: 3 });
    const [pong] = bob.of("pong");
    expect(pong).toMatchObject({ n: 3, now: engine.clock.now() });
    expect(pong?.resume).not.toBe(bob.welcome?.resume);
    expect([bob.welcome?.spread, pong?.spread]).toEqual([400, undefined]);
  });

  it("tells of a spread that has changed by more than a quarter, once", async () => {
    const engine = await TestEngine.start({ limits: { admissionsPerSecondMax: 10 } });
    const alice = await engine.join("alice");
    const others: TestClient[] = [];
    const ping = async (sessions: number) => {
      for (let n = others.length + 1; n < sessions; n++) others.push(await engine.join("bob", { device: `d${n}` }));
      await alice.say({ t: "ping", n: 0 });
      return alice.of("pong").at(-1)?.spread;
    };
    expect([alice.welcome?.spread, await ping(5), await ping(6), await ping(7)]).toEqual([
      400,
      undefined,
      600,
      undefined,
    ]);
    expect([await ping(8), await ping(8)]).toEqual([800, undefined]);
    for (const other of others.splice(0, 4)) await other.say({ t: "bye" });
    expect(await ping(0)).toBe(400);
    await engine.close();
  });

  it("counts what is written again neither as written nor as received", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    await alice.send("c1", "m1");
    await engine.advance(11_000);
    expect(bob.of("again")).toHaveLength(1);
    await bob.say({ t: "ping", n: 1 });
    expect(bob.of("pong")[0]?.n).toBe(1);
  });
});

describe("Session: refusals and abuse", () => {
  it("answers what is wrong with its code, and ends after ten invalid ones in a minute with 4509", async () => {
    const engine = await engineWith();
    const alice = await engine.join("alice");
    for (let count = 0; count < 9; count++) await alice.say({ t: "read", c: "c1", seq: -1 });
    expect(alice.of("error")).toHaveLength(9);
    expect(alice.closedWith).toBe(null);
    await alice.say({ t: "read", c: "c1", seq: -1 });
    expect(alice.of("error")).toHaveLength(10);
    expect(alice.closedWith).toBe(CLOSE.tooManyErrors.code);
  });

  it("does not count other refusals", async () => {
    const engine = await engineWith();
    const alice = await engine.join("alice");
    for (let count = 0; count < 30; count++) await alice.say({ t: "fetch", id: `r${count}`, c: "none" });
    expect(alice.of("error")).toHaveLength(30);
    expect(alice.closedWith).toBe(null);
  });

  it.each([
    ["no JSON", "{", CLOSE.malformed.code],
    ["an array", "[]", CLOSE.malformed.code],
    ["2,000 deep", `{"t":"send","body":${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}}`, CLOSE.malformed.code],
  ])("closes for %s", async (_, text, code) => {
    const engine = await engineWith();
    const alice = await engine.join("alice");
    alice.pair.sendText(text);
    await engine.settle();
    expect(alice.closedWith).toBe(code);
  });

  it("closes for a binary frame, and for an ack of what was never written (I16)", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    alice.pair.sendBinary();
    await bob.say({ t: "ack", n: 0 });
    expect([alice.closedWith, bob.closedWith]).toEqual([CLOSE.malformed.code, null]);
    await bob.say({ t: "ack", n: 1 });
    expect(bob.closedWith).toBe(CLOSE.malformed.code);
  });

  it("S23: closes with 4029 for a flood of control frames, and of pings", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    for (let count = 0; count < 61; count++) alice.pair.sendControl();
    for (let count = 0; count < 41; count++) bob.pair.send({ t: "ping", n: 0 });
    await engine.settle();
    expect([alice.closedWith, bob.closedWith]).toEqual([CLOSE.tooManyRequests.code, CLOSE.tooManyRequests.code]);
    expect(bob.of("pong")).toHaveLength(20);
    expect(bob.of("error")).toHaveLength(20);
    expect(bob.of("error")[0]).toMatchObject({ re: "ping", code: "rate_limited", retry: 500 });
  });

  it("takes nothing after it has closed", async () => {
    const engine = await engineWith();
    const alice = await engine.join("alice");
    alice.pair.send({ t: "bye" }, { t: "send", id: "m1", c: "c1", type: "message", body: {} });
    await engine.settle();
    expect(alice.closedWith).toBe(CLOSE.normal.code);
    expect(await (await engine.call("bob", "GET", "/conversations/c1")).json()).toMatchObject({ head: 1 });
  });
});

describe("Session: not reading", () => {
  it("stops reading at 64 unanswered sends, and refuses none of them", async () => {
    const plain = memoryStore();
    const batches: number[] = [];
    let release: (() => void) | null = null;
    const held = new Proxy(plain, {
      get: (target, name: keyof typeof plain) => {
        if (name !== "append") return typeof target[name] === "function" ? target[name].bind(target) : target[name];
        return async (batch: Parameters<typeof plain.append>[0]) => {
          batches.push(batch.length);
          await new Promise<void>((resolve) => (release = resolve));
          return plain.append(batch);
        };
      },
    });
    const engine = await engineWith({ store: held });
    const alice = await engine.join("alice");
    // By the second the sequencer learns that the conversation has no slow mode, and then takes all at once.
    for (const id of ["first", "second"]) alice.pair.send({ t: "send", id, c: "c1", type: "message", body: {} });
    for (let batch = 0; batch < 2; batch++) {
      await engine.settle();
      (release as (() => void) | null)?.();
    }
    await engine.settle();
    batches.length = 0;
    for (let count = 0; count < 100; count++) {
      alice.pair.send({ t: "send", id: `m${count}`, c: "c1", type: "message", body: { count } });
    }
    await engine.settle();
    expect(alice.pair.gatewayReads).toBe(false);
    expect(batches).toEqual([64]);
    for (let batch = 0; batch < 10 && alice.of("sent").length < 102; batch++) {
      (release as (() => void) | null)?.();
      await engine.settle();
    }
    expect(alice.of("error")).toEqual([]);
    expect(
      alice
        .of("sent")
        .slice(2)
        .map(({ id, seq }) => [id, seq]),
    ).toEqual(Array.from({ length: 100 }, (_, count) => [`m${count}`, count + 4]));
    expect(alice.pair.gatewayReads).toBe(true);
  });

  it("takes a hundred requests at once, asks the store one by one, and answers all of them in order", async () => {
    const plain = memoryStore();
    let open = 0;
    let most = 0;
    const counting = new Proxy(plain, {
      get: (target, name: keyof typeof plain) => {
        if (name !== "inbox") return typeof target[name] === "function" ? target[name].bind(target) : target[name];
        return async (...given: Parameters<typeof plain.inbox>) => {
          most = Math.max(most, ++open);
          await new Promise((resolve) => setImmediate(resolve));
          open--;
          return plain.inbox(...given);
        };
      },
    });
    const engine = await engineWith({ store: counting });
    const alice = await engine.join("alice");
    const ids = Array.from({ length: 150 }, (_, index) => `r${index}`);
    alice.pair.send(...ids.map((id) => ({ t: "inbox", id }) as const));
    for (let turn = 0; turn < 300 && alice.of("inbox").length < ids.length; turn++) await engine.settle();
    expect(most).toBe(1);
    expect(alice.of("inbox").map(({ id }) => id)).toEqual(ids);
    expect(alice.pair.gatewayReads).toBe(true);
  });

  it("S49: stops reading while the client leaves over half of the cap unread, goes on when it is read", async () => {
    const engine = await engineWith({ limits: { outboxBytesMax: 400_000, socketBytesMax: 100_000 } });
    const alice = await engine.join("alice");
    for (let count = 0; count < 10; count++)
      await alice.ask(
        { t: "send", id: `m${count}`, c: "c1", type: "message", body: { text: "x".repeat(30_000) } },
        "sent",
      );
    alice.pair.stopReading();
    alice.pair.send({ t: "fetch", id: "r1", c: "c1" });
    await engine.settle();
    alice.pair.send({ t: "ping", n: 0 });
    await engine.settle();
    expect(alice.pair.gatewayReads).toBe(false);
    expect(alice.pair.fromGateway.filter((text) => text.startsWith('{"t":"pong"'))).toEqual([]);
    alice.pair.startReading();
    await engine.settle();
    expect(alice.pair.gatewayReads).toBe(true);
    expect(alice.of("pong")).toHaveLength(1);
  });

  it("S49: keeps no more in memory for pipelined requests than a full socket and a page", async () => {
    const limits = { outboxBytesMax: 4_000_000, socketBytesMax: 100_000 };
    const engine = await engineWith({ limits });
    const alice = await engine.join("alice");
    for (let count = 0; count < 10; count++) await alice.send("c1", `m${count}`, "x".repeat(30_000));
    alice.pair.stopReading();
    for (let count = 0; count < 50; count++) alice.pair.send({ t: "fetch", id: `r${count}`, c: "c1" });
    for (let turns = 0; turns < 100; turns++) await engine.settle();
    expect(alice.pair.bufferedBytes).toBeGreaterThan(limits.socketBytesMax);
    expect(alice.pair.bufferedBytes).toBeLessThan(limits.socketBytesMax + 2 * LIMITS.pageBytesMax);
    alice.pair.startReading();
    for (let turns = 0; turns < 100; turns++) await engine.settle();
    expect(alice.of("events").filter((frame) => "id" in frame)).toHaveLength(50);
  });

  it("closes with 4000 who has left it unread for 30 s", async () => {
    const engine = await engineWith({ limits: { outboxBytesMax: 400_000, socketBytesMax: 100_000 } });
    const alice = await engine.join("alice");
    for (let count = 0; count < 10; count++)
      await alice.ask(
        { t: "send", id: `m${count}`, c: "c1", type: "message", body: { text: "x".repeat(30_000) } },
        "sent",
      );
    alice.pair.stopReading();
    alice.pair.send({ t: "fetch", id: "r1", c: "c1" });
    await engine.settle();
    alice.pair.send({ t: "ping", n: 0 });
    await engine.advance(29_000);
    expect(engine.gauges.sessions).toBe(1);
    await engine.advance(3_000);
    expect(engine.gauges.sessions).toBe(0);
    alice.pair.startReading();
    await engine.settle();
    expect(alice.closedWith).toBe(CLOSE.slowConsumer.code);
  });

  it("S49: finds a client that asks for pages without end and reads none", async () => {
    const engine = await engineWith({ limits: { socketBytesMax: 20_000, outboxBytesMax: 1_000_000, inflightMax: 4 } });
    const alice = await engine.join("alice");
    const { epoch } = await alice.send("c1", "m0", "x".repeat(25_000));
    alice.pair.stopReading();
    for (let count = 0; count < 20; count++) alice.pair.send({ t: "have", have: [["c1", epoch, 1]] });
    await engine.settle();
    expect(alice.pair.gatewayReads).toBe(false);
    await engine.advance(35_000);
    expect(engine.gauges.sessions).toBe(0);
  });
});

describe("Session: a slow consumer", () => {
  const LIMITS_SMALL = { windowFramesMax: 4, outboxFramesMax: 8 };

  it("I15: is told once it has acknowledged, and fetches what it missed", async () => {
    const engine = await engineWith({ limits: LIMITS_SMALL });
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    for (let count = 0; count < 12; count++) await alice.send("c1", `m${count}`);
    expect(bob.events("c1").map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
    await bob.say({ t: "ack", n: 4 });
    expect(bob.of("lagging")).toEqual([{ t: "lagging", c: ["c1"] }]);
    const page = await bob.ask({ t: "fetch", id: "r1", c: "c1", after: 5 }, "events");
    expect(page).toMatchObject({ from: 6, to: 13, more: false });
    await alice.send("c1", "later");
    expect(bob.events("c1").at(-1)).toMatchObject({ seq: 14 });
    await bob.say({ t: "ping", n: 5 });
    expect(bob.of("pong")[0]?.n).toBe(5);
  });

  it("I15: is closed with 4000 when it overflows again within a minute, and costs nobody else anything", async () => {
    const engine = await engineWith({ limits: LIMITS_SMALL });
    await engine.call("alice", "POST", "/conversations/c1/members", { members: ["carol"] });
    const [alice, bob, carol] = [await engine.join("alice"), await engine.join("bob"), await engine.join("carol")];
    for (let count = 0; count < 40; count++) {
      await alice.send("c1", `m${count}`);
      await carol.say({ t: "ack", n: count + 1 });
      if (count === 12) await bob.say({ t: "ack", n: 4 });
    }
    expect(bob.closedWith).toBe(CLOSE.slowConsumer.code);
    expect(carol.events("c1")).toHaveLength(40);
    expect(alice.closedWith).toBe(null);
  });

  it("is closed with 4000 at once where the host wants that", async () => {
    const engine = await engineWith({ limits: LIMITS_SMALL, onOverflow: "close" });
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    for (let count = 0; count < 12; count++) await alice.send("c1", `m${count}`);
    expect(bob.closedWith).toBe(CLOSE.slowConsumer.code);
  });

  it("is closed with 4002 when it acknowledges nothing for 40 s, after three reminders", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    await alice.send("c1", "m1");
    for (let second = 0; second < 41 && bob.closedWith === null; second++) {
      for (const client of [alice, bob]) client.pair.sendControl();
      await engine.advance(1_000);
    }
    expect(bob.of("again")).toHaveLength(3);
    expect(bob.closedWith).toBe(CLOSE.silent.code);
    expect(alice.closedWith).toBe(null);
  });
});
