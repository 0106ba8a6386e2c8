import { CLOSE, type ClientFrame, type EventFrame, type GatewayFrame, LIMITS } from "@earshot/protocol";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MemoryBusHub, memoryBus } from "./bus/memory-bus.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { PollClient, type PollOutcome } from "./testing/poll-client.ts";
import { sharedStore } from "./testing/shared-store.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

const engines: TestEngine[] = [];

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
});

/** An engine with a conversation `c1` of alice and bob. */
async function engineWith(options: TestEngineOptions = {}): Promise<TestEngine> {
  const engine = await TestEngine.start({ node: "n7", ...options });
  engines.push(engine);
  await engine.create("alice", "c1", ["bob"]);
  return engine;
}

const clientOf = (engine: TestEngine, address = "192.0.2.1"): PollClient =>
  new PollClient((request) => engine.chat.fetch(request, { address }));

/** Waits for what needs turns and no time. */
const soon = <T>(engine: TestEngine, work: Promise<T>): Promise<T> => engine.whileSettling(work);

/** Lets everything happen that needs no time; requests take several turns to be read. */
async function turns(engine: TestEngine): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await engine.settle();
}

/** bob, welcomed by polls. */
async function bobOn(engine: TestEngine, fields: object = {}): Promise<PollClient> {
  const bob = clientOf(engine);
  const { frames } = await soon(engine, bob.hello("bob", fields));
  expect(frames.at(-1)?.t).toBe("welcome");
  return bob;
}

/** A request that is not awaited: what came of it, once something has. */
function pending<T>(work: Promise<T>): { value: T | null } {
  const seen: { value: T | null } = { value: null };
  void work.then((value) => {
    seen.value = value;
  });
  return seen;
}

const PING: ClientFrame = { t: "ping", n: 0 };
const ofType = (frames: readonly GatewayFrame[]) => frames.map(({ t }) => t);
const seqs = (frames: readonly GatewayFrame[]) =>
  frames.filter((frame): frame is EventFrame => frame.t === "event").map(({ seq }) => seq);
const closeCode = ({ frames }: PollOutcome) => frames.flatMap((frame) => (frame.t === "close" ? [frame.code] : []))[0];

describe("ChatEngine by long polling: doors", () => {
  it("S56: ends a session that polls without end, with 4029", async () => {
    const engine = await engineWith({ limits: { pollsPerTenSecondsMax: 20 } });
    const bob = await bobOn(engine);
    let ended: number | undefined;
    let k = 2;
    for (; k < 40 && ended === undefined; k++) ended = closeCode(await soon(engine, bob.poll(k, [], { waits: false })));
    expect([ended, k]).toEqual([CLOSE.tooManyRequests.code, 22]);
  });
});

describe("ChatEngine by long polling: opening", () => {
  it("S13: welcomes with a session that begins with the node, and a secret of 256 bits", async () => {
    const engine = await engineWith();
    const secrets = new Set<string>();
    for (let n = 0; n < 20; n++) {
      const { frames, text } = await soon(engine, clientOf(engine).hello("bob", { device: `d${n}` }));
      expect(text.startsWith('{"k":1,"frames":[{"t":"welcome",')).toBe(true);
      expect(frames[0]).toMatchObject({
        session: expect.stringMatching(/^s_n7_[A-Za-z0-9_-]{22}$/),
        secret: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      });
      secrets.add((frames[0] as { readonly secret: string }).secret);
    }
    expect(secrets.size).toBe(20);
  });

  it("keeps secrets from those on a WebSocket", async () => {
    const engine = await engineWith();
    expect((await engine.join("bob")).welcome).not.toHaveProperty("secret");
  });

  it("takes frames behind the hello as if they were sent right behind it", async () => {
    const engine = await engineWith();
    const { frames } = await soon(
      engine,
      clientOf(engine).hello("bob", {}, { t: "send", id: "m1", c: "c1", type: "message", body: {} }, PING),
    );
    expect(frames[0]?.t).toBe("welcome");
    expect(frames.some(({ t }) => t === "pong")).toBe(true);
  });

  it.each([
    ["nothing", [], CLOSE.malformed.code],
    ["no hello", [PING], CLOSE.malformed.code],
    ["no object", [1], CLOSE.malformed.code],
    ["another version", [{ t: "hello", v: 2, token: "bob", device: "d1" }], CLOSE.version.code],
    ["a token of nobody", [{ t: "hello", v: 1, token: "", device: "d1" }], CLOSE.unauthenticated.code],
    ["a hello over 16 KiB", [{ t: "hello", v: 1, token: "x".repeat(17_000), device: "d1" }], CLOSE.tooLarge.code],
    ["a hello over 64 KiB", [{ t: "hello", v: 1, token: "x".repeat(70_000), device: "d1" }], CLOSE.tooLarge.code],
  ])("S7: answers %s with a close frame, and keeps nothing of it", async (_, frames, code) => {
    const engine = await engineWith();
    const outcome = await soon(engine, clientOf(engine).pollText(JSON.stringify({ k: 1, frames })));
    expect([outcome.status, outcome.text]).toEqual([200, `{"k":1,"frames":[{"t":"close","code":${code}}]}`]);
    expect(engine.gauges).toMatchObject({ sessions: 0, polls: 0, swept: 0, addresses: 0 });
  });

  it("answers a first poll that is not to wait all the same with its welcome", async () => {
    const engine = await engineWith();
    const hello = { t: "hello" as const, v: 1, token: "bob", device: "d1" };
    const { frames } = await soon(engine, clientOf(engine).poll(1, [hello], { waits: false }));
    expect(ofType(frames)).toEqual(["welcome"]);
  });

  it("refuses a poll of no session that is not the first, and bodies that are none", async () => {
    const engine = await engineWith();
    const bob = clientOf(engine);
    expect((await soon(engine, bob.poll(2))).status).toBe(400);
    for (const body of ["", "{", "[]", '{"k":1}']) expect((await soon(engine, bob.pollText(body))).status).toBe(400);
    const large = await soon(engine, bob.pollText(`{"k":1,"frames":[],"x":"${"x".repeat(LIMITS.httpBodyBytesMax)}"}`));
    expect(large.status).toBe(413);
  });

  it("S1, S42: comes in by the rules of upgrades: Origin, rates, and while the engine runs", async () => {
    const engine = await engineWith({ limits: { admissionsPerSecondMax: 1 } });
    await engine.advance(2_000);
    const foreign = await soon(
      engine,
      clientOf(engine).pollText("{}", { headers: { origin: "https://evil.example" } }),
    );
    expect(foreign.status).toBe(403);
    await bobOn(engine, { device: "d1" });
    const hello = { t: "hello" as const, v: 1, token: "bob", device: "d2" };
    const refused = await soon(engine, clientOf(engine).poll(1, [hello]));
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([503, { code: "unavailable", retry: 1_000 }]);
    await engine.advance(1_000);
    void engine.chat.drain({ within: 5_000 });
    await turns(engine);
    expect((await soon(engine, clientOf(engine).poll(1, [hello]))).status).toBe(503);
    await engine.advance(6_000);
  });

  it("counts with WebSockets: sessions of one user, attempts of one device", async () => {
    const engine = await engineWith({ limits: { connectionsPerUserMax: 2 } });
    const socket = await engine.join("bob", { device: "d1", k: 1 });
    const polls = await bobOn(engine, { device: "d2", k: 1 });
    expect(closeCode(await soon(engine, clientOf(engine).hello("bob", { device: "d3" })))).toBe(
      CLOSE.tooManyConnections.code,
    );
    const hanging = pending(polls.poll(2));
    await turns(engine);
    await engine.join("bob", { device: "d2", k: 2 });
    await turns(engine);
    expect(hanging.value?.text).toBe(`{"k":2,"frames":[{"t":"close","code":${CLOSE.replaced.code}}]}`);
    await bobOn(engine, { device: "d1", k: 5 });
    expect(socket.closedWith).toBe(CLOSE.replaced.code);
  });

  it("S2: shows the host who asks: the first poll's address, and no cookies of who has no Origin", async () => {
    const authenticate = vi.fn(() => ({ user: "bob" }));
    const engine = await engineWith();
    const cookies = await TestEngine.start({ authenticate });
    engines.push(cookies);
    const client = clientOf(cookies, "192.0.2.9");
    await soon(cookies, client.hello("bob"));
    expect(authenticate).toHaveBeenLastCalledWith(
      expect.objectContaining({
        token: "bob",
        request: expect.objectContaining({ address: "192.0.2.9", origin: null }),
      }),
    );
    const hello = { t: "hello" as const, v: 1, token: null, device: "d1" };
    const headers = { cookie: "session=1", host: "test", origin: "http://test" };
    await soon(cookies, client.poll(1, [hello], { headers }));
    expect(engine.gauges.polls).toBe(0);
  });
});

describe("ChatEngine by long polling: answers", () => {
  it("answers when there is something to say, with all of the turn", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const hanging = pending(bob.poll(2));
    await turns(engine);
    expect(hanging.value).toBeNull();
    await alice.say(
      { t: "send", id: "m1", c: "c1", type: "message", body: {} },
      { t: "send", id: "m2", c: "c1", type: "message", body: {} },
    );
    await turns(engine);
    expect(seqs(hanging.value?.frames ?? [])).toEqual([2, 3]);
  });

  it("answers with nothing after 25 s, and at once where it is not to wait", async () => {
    const engine = await engineWith();
    const bob = await bobOn(engine);
    expect((await soon(engine, bob.poll(2, [], { waits: false }))).text).toBe('{"k":2,"frames":[]}');
    const hanging = pending(bob.poll(3));
    await turns(engine);
    await engine.advance(24_000);
    expect(hanging.value).toBeNull();
    await engine.advance(2_000);
    await turns(engine);
    expect(hanging.value?.text).toBe('{"k":3,"frames":[]}');
  });

  it("asks for the next poll well within two heartbeats", async () => {
    const engine = await engineWith({ limits: { heartbeatMs: 5_000 } });
    const bob = await bobOn(engine);
    for (let k = 2; k < 10; k++) {
      const hanging = pending(bob.poll(k));
      await turns(engine);
      await engine.advance(9_000);
      await turns(engine);
      expect(hanging.value?.status).toBe(200);
    }
  });

  it("ends the one that hangs when a new one comes, and gives the new one what there is", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const [second, third] = [pending(bob.poll(2)), pending(bob.poll(3, [PING]))];
    await turns(engine);
    expect(second.value?.text).toBe('{"k":2,"frames":[]}');
    expect(ofType(third.value?.frames ?? [])).toEqual(["pong"]);
    await alice.send("c1", "m1");
    expect(seqs((await soon(engine, bob.poll(4))).frames)).toEqual([2]);
  });

  it("I7: takes polls in the order of k, however they come", async () => {
    const engine = await engineWith();
    const bob = await bobOn(engine);
    const send = (id: string): ClientFrame => ({ t: "send", id, c: "c1", type: "message", body: {} });
    const outcomes = [4, 3, 5].map((k) => pending(bob.poll(k, [send(`m${k}`)])));
    await turns(engine);
    expect(outcomes.map(({ value }) => value)).toEqual([null, null, null]);
    outcomes.push(pending(bob.poll(2, [send("m2")])));
    await turns(engine);
    const frames = [outcomes[3], outcomes[1], outcomes[0], outcomes[2]].flatMap(
      (outcome) => outcome?.value?.frames ?? [],
    );
    expect(frames).toMatchObject([2, 3, 4, 5].map((seq) => ({ t: "sent", id: `m${seq}`, seq })));
  });

  it("keeps early polls within bounds, and not for ever", async () => {
    const engine = await engineWith({ limits: { earlyPollsMax: 2 } });
    const bob = await bobOn(engine);
    const early = [3, 4].map((k) => pending(bob.poll(k)));
    await turns(engine);
    const more = await soon(engine, bob.poll(5));
    expect([more.status, JSON.parse(more.text)]).toMatchObject([429, { code: "rate_limited", retry: 1_000 }]);
    await engine.advance(20_000);
    await turns(engine);
    expect(early.map(({ value }) => value)).toEqual([null, null]);
    await engine.advance(6_000);
    await turns(engine);
    expect(early.map(({ value }) => value?.status)).toEqual([503, 503]);
    expect((await soon(engine, bob.poll(2, [PING]))).status).toBe(200);
    expect((await soon(engine, bob.poll(3, [PING]))).status).toBe(200);
  });

  it("bounds early polls in bytes too", async () => {
    const engine = await engineWith();
    const bob = await bobOn(engine);
    const frame = { t: "x", pad: "x".repeat(60_000) } as unknown as ClientFrame;
    const megabyte = Array.from({ length: 20 }, () => frame);
    const first = pending(bob.poll(3, megabyte));
    await turns(engine);
    expect((await soon(engine, bob.poll(4, megabyte))).status).toBe(429);
    expect(first.value).toBeNull();
  });

  it("I8: gives a repeated k the same answer, takes its frames once, and has forgotten older ones", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const frames: ClientFrame[] = [{ t: "send", id: "m1", c: "c1", type: "message", body: {} }];
    const first = await soon(engine, bob.poll(2, frames));
    await alice.send("c1", "m2");
    for (let repeat = 0; repeat < 3; repeat++) expect(await soon(engine, bob.poll(2, frames))).toEqual(first);
    // also while a newer one hangs
    const newer = pending(bob.poll(3, [], { waits: false }));
    await turns(engine);
    expect(seqs(newer.value?.frames ?? [])).toEqual([3]);
    const hanging = pending(bob.poll(4));
    await turns(engine);
    expect(seqs((await soon(engine, bob.poll(3))).frames)).toEqual([3]);
    expect((await soon(engine, bob.poll(2))).status).toBe(410);
    expect(hanging.value).toBeNull();
  });

  it("gives all who ask for one k its answer, within bounds", async () => {
    const engine = await engineWith({ limits: { earlyPollsMax: 3 } });
    const bob = await bobOn(engine);
    const asked = [1, 2, 3].map(() => pending(bob.poll(2)));
    await turns(engine);
    expect((await soon(engine, bob.poll(2))).status).toBe(429);
    const again = await soon(engine, bob.poll(3, [], { waits: false }));
    expect(again.status).toBe(200);
    expect(asked.map(({ value }) => value?.text)).toEqual(Array.from({ length: 3 }, () => '{"k":2,"frames":[]}'));
  });

  it("keeps what nobody waits for: a poll whose client has gone is answered when it is repeated", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const gone = new AbortController();
    void bob.poll(2, [], { signal: gone.signal });
    await turns(engine);
    gone.abort();
    await alice.send("c1", "m1");
    await alice.send("c1", "m2");
    await engine.advance(10_000);
    expect(seqs((await soon(engine, bob.poll(2))).frames)).toEqual([2, 3]);
  });

  it("gives the next poll what one was not told whose client has gone", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const gone = new AbortController();
    void bob.poll(2, [], { signal: gone.signal });
    await turns(engine);
    gone.abort();
    await alice.send("c1", "m1");
    expect(seqs((await soon(engine, bob.poll(3))).frames)).toEqual([2]);
    expect((await soon(engine, bob.poll(2))).status).toBe(410);
  });

  it("forgets early polls whose client has gone", async () => {
    const engine = await engineWith({ limits: { earlyPollsMax: 1 } });
    const bob = await bobOn(engine);
    const gone = new AbortController();
    void bob.poll(3, [{ t: "bye" }], { signal: gone.signal });
    await turns(engine);
    gone.abort();
    await turns(engine);
    const early = pending(bob.poll(3, [PING], { waits: false }));
    await turns(engine);
    expect(early.value).toBeNull();
    await soon(engine, bob.poll(2, [], { waits: false }));
    await turns(engine);
    expect(ofType(early.value?.frames ?? [])).toEqual(["pong"]);
  });

  it("ends a session whose client has gone before it was welcomed", async () => {
    let answer = (_: { user: string }): void => {};
    const engine = await engineWith();
    const slow = await TestEngine.start({ authenticate: () => new Promise((resolve) => (answer = resolve)) });
    engines.push(slow);
    const gone = new AbortController();
    const hello = { t: "hello" as const, v: 1, token: "bob", device: "d1" };
    void clientOf(slow).poll(1, [hello], { signal: gone.signal });
    await turns(slow);
    expect(slow.gauges).toMatchObject({ sessions: 1, polls: 1 });
    gone.abort();
    await turns(slow);
    answer({ user: "bob" });
    await turns(slow);
    expect(slow.gauges).toMatchObject({ sessions: 0, polls: 0, swept: 0, users: 0 });
    expect(engine.gauges.polls).toBe(0);
  });

  it("sends nothing again unasked", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    await alice.send("c1", "m1");
    const seen: GatewayFrame[] = [];
    for (let k = 2; k < 7; k++) {
      await engine.advance(7_000);
      seen.push(...(await soon(engine, bob.poll(k, [PING]))).frames);
    }
    expect(ofType(seen)).toEqual(["event", "pong", "pong", "pong", "pong", "pong"]);
  });
});

describe("ChatEngine by long polling: bounds", () => {
  it("S19: closes with 1009 behind the frames before a large one, and reads each frame's depth and keys for itself", async () => {
    const engine = await engineWith();
    const bob = await bobOn(engine);
    const wide = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`k${n}`, n]));
    const three = [1, 2, 3].map((n) => ({
      t: "send" as const,
      id: `m${n}`,
      c: "c1",
      type: "message" as const,
      body: wide,
    }));
    expect(ofType((await soon(engine, bob.poll(2, three))).frames)).toEqual(["sent", "sent", "sent"]);
    const large = { t: "x", pad: "ß".repeat(33_000) } as unknown as ClientFrame;
    const outcome = await soon(engine, bob.poll(3, [PING, large, PING]));
    expect(outcome.frames).toMatchObject([{ t: "pong" }, { t: "close", code: CLOSE.tooLarge.code }]);
    expect((await soon(engine, bob.poll(4))).status).toBe(410);
  });

  it.each([
    ["deep", `${'{"a":'.repeat(20)}1${"}".repeat(20)}`],
    ["no object", "17"],
    ["no JSON", "{no}"],
    ["empty", ""],
  ])("S37: closes with 4500 for a frame that is %s", async (_, frame) => {
    const engine = await engineWith();
    const bob = await bobOn(engine);
    const outcome = await soon(engine, bob.pollText(`{"k":2,"frames":[${frame},${frame}]}`));
    expect(closeCode(outcome)).toBe(CLOSE.malformed.code);
  });

  it("bounds an answer, and gives the rest with the next ones", async () => {
    const engine = await engineWith({ limits: { pollBytesMax: 3_000 } });
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    for (let n = 0; n < 12; n++) await alice.send("c1", `m${n}`, "x".repeat(900));
    const answers: number[][] = [];
    for (let k = 2; answers.flat().length < 12; k++) {
      const { text, frames } = await soon(engine, bob.poll(k));
      expect(Buffer.byteLength(text)).toBeLessThan(3_100);
      answers.push(seqs(frames));
    }
    expect(answers.flat()).toEqual(Array.from({ length: 12 }, (_, n) => n + 2));
    expect(answers.length).toBeGreaterThan(3);
  });

  it("I15: keeps an outbox within its cap while no poll comes, and names what was given up", async () => {
    const engine = await engineWith({ limits: { outboxFramesMax: 20, windowFramesMax: 8, outboxBytesMax: 20_000 } });
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    for (let n = 0; n < 60; n++) {
      await alice.send("c1", `m${n}`, "x".repeat(200));
      expect(engine.gauges.outboxBytes).toBeLessThan(30_000);
    }
    const first = await soon(engine, bob.poll(2));
    expect(seqs(first.frames)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    const second = await soon(engine, bob.poll(3, [{ t: "ack", n: 8 }]));
    expect(second.frames).toEqual([{ t: "lagging", c: ["c1"] }]);
    await alice.send("c1", "last");
    expect(seqs((await soon(engine, bob.poll(4))).frames)).toEqual([62]);
  });

  it("takes no more frames while 64 are unanswered, drops none, and refuses what goes over its bounds", async () => {
    const store = memoryStore();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const engine = await engineWith({ store, limits: { inflightMax: 4, pollFramesMax: 10 } });
    const bob = await bobOn(engine);
    const append = store.append.bind(store);
    vi.spyOn(store, "append").mockImplementation(async (batch) => {
      await held;
      return append(batch);
    });
    const sends = (from: number, to: number): ClientFrame[] =>
      Array.from({ length: to - from + 1 }, (_, n) => ({
        t: "send",
        id: `m${from + n}`,
        c: "c1",
        type: "message",
        body: {},
      }));
    const seen: GatewayFrame[] = [];
    const first = pending(bob.poll(2, sends(1, 8)));
    await turns(engine);
    const full = await soon(engine, bob.poll(3, sends(9, 15)));
    expect([full.status, JSON.parse(full.text)]).toMatchObject([429, { code: "rate_limited" }]);
    expect(first.value).toBeNull();
    const third = pending(bob.poll(3, sends(9, 14)));
    await turns(engine);
    expect(first.value?.frames).toEqual([]);
    release();
    await turns(engine);
    seen.push(...(third.value?.frames ?? []));
    for (let k = 4; seen.length < 14; k++) seen.push(...(await soon(engine, bob.poll(k))).frames);
    expect(seen).toMatchObject(Array.from({ length: 14 }, (_, n) => ({ t: "sent", id: `m${n + 1}`, seq: n + 2 })));
    expect((await soon(engine, bob.poll(20, [], { waits: false, signal: AbortSignal.abort() }))).status).toBe(410);
    expect((await soon(engine, bob.pollText(`{"k":9,"frames":[${"1,".repeat(10)}1]}`))).status).toBe(413);
  });

  it("reads on once a client has taken what it asked for", async () => {
    const engine = await engineWith({
      limits: { outboxBytesMax: 40_000, socketBytesMax: 10_000, pollBytesMax: 20_000 },
    });
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    for (let n = 0; n < 20; n++) await alice.send("c1", `m${n}`, "x".repeat(1_000));
    const fetches = Array.from({ length: 20 }, (_, n): ClientFrame => ({ t: "fetch", id: `r${n}`, c: "c1", after: 0 }));
    const seen = [...(await soon(engine, bob.poll(2, fetches))).frames];
    for (let k = 3; seen.filter(({ t }) => t === "events").length < 20 && k < 60; k++)
      seen.push(...(await soon(engine, bob.poll(k, k === 10 ? [{ t: "ack", n: seqs(seen).length }] : []))).frames);
    expect(seen.flatMap((frame) => (frame.t === "events" && "id" in frame ? [frame.id] : []))).toEqual(
      fetches.map((frame) => (frame as { readonly id: string }).id),
    );
  });
});

describe("ChatEngine by long polling: the end", () => {
  it("S12, S13: is 410 without the secret, with another's, and for sessions that nobody knows", async () => {
    const engine = await engineWith();
    const [bob, other] = [await bobOn(engine, { device: "d1" }), await bobOn(engine, { device: "d2" })];
    const session = bob.headers["earshot-session"] ?? "";
    const secret = bob.headers["earshot-secret"] ?? "";
    for (const headers of [
      { "earshot-secret": "" },
      { "earshot-secret": other.headers["earshot-secret"] ?? "" },
      { "earshot-secret": secret.slice(0, -1) },
      { "earshot-secret": `${secret}A` },
      { "earshot-session": `${session}x` },
      { "earshot-session": "constructor" },
      { "earshot-session": "" },
    ]) {
      const refused = await soon(engine, bob.poll(2, [{ t: "bye" }], { headers }));
      expect([refused.status, JSON.parse(refused.text)]).toMatchObject([410, { status: 410, code: "not_found" }]);
      expect(refused.text).not.toContain(secret);
    }
    expect((await soon(engine, bob.poll(2, [PING]))).status).toBe(200);
  });

  it("says why it ends to who waits, gives it again to a repetition, and is 410 from then on", async () => {
    const engine = await engineWith();
    const bob = await bobOn(engine);
    const ended = await soon(engine, bob.poll(2, [PING, { t: "bye" }]));
    expect(ended.frames).toMatchObject([{ t: "pong" }, { t: "close", code: 1_000 }]);
    expect(await soon(engine, bob.poll(2))).toEqual(ended);
    expect((await soon(engine, bob.poll(3))).status).toBe(410);
    expect((await soon(engine, bob.stream())).status).toBe(410);
    expect(engine.gauges.sessions).toBe(0);
  });

  it("keeps why it ended for who comes within two heartbeats, behind what was not told yet", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine, { k: 1 })];
    await alice.send("c1", "m1");
    await engine.join("bob", { device: "bob-1", k: 2 });
    await engine.advance(20_000);
    const { frames } = await soon(engine, bob.poll(2, [PING]));
    expect(frames).toMatchObject([
      { t: "event", seq: 2 },
      { t: "close", code: CLOSE.replaced.code },
    ]);
    expect((await soon(engine, bob.poll(3))).status).toBe(410);
  });

  it("I25: forgets the ended after two heartbeats, and the earliest of too many at once", async () => {
    const engine = await engineWith({ limits: { closedPollsMax: 2 } });
    const bobs: PollClient[] = [];
    for (let n = 0; n < 4; n++) bobs.push(await bobOn(engine, { device: `d${n}`, k: 1 }));
    expect(engine.gauges).toMatchObject({ sessions: 4, polls: 4 });
    for (let n = 0; n < 4; n++) (await engine.join("bob", { device: `d${n}`, k: 2 })).pair.close();
    await engine.settle();
    expect(engine.gauges).toMatchObject({ sessions: 0, polls: 2 });
    const statuses = [];
    for (const bob of bobs) statuses.push((await soon(engine, bob.poll(2))).status);
    expect(statuses).toEqual([410, 410, 200, 200]);
    await engine.advance(42_000);
    expect(engine.gauges).toMatchObject({ polls: 0, swept: 0 });
    expect((await soon(engine, bobs[3]?.poll(2) ?? Promise.reject())).status).toBe(410);
  });

  it("I21, I25: ends without a poll for two heartbeats, and lets go of everything", async () => {
    const engine = await engineWith();
    const alice = await engine.join("alice");
    const bob = await bobOn(engine);
    await soon(engine, bob.poll(2, [{ t: "subscribe", id: "r1", c: "c1" }]));
    for (let passed = 0; passed < 38; passed += 2) {
      await engine.advance(2_000);
      await alice.say(PING);
    }
    expect(engine.gauges).toMatchObject({ sessions: 2, polls: 1 });
    for (let passed = 0; passed < 4; passed += 2) {
      await engine.advance(2_000);
      await alice.say(PING);
    }
    expect(engine.gauges).toMatchObject({ sessions: 1, polls: 0, users: 1, subscriptions: 0 });
    expect((await soon(engine, bob.poll(3))).status).toBe(410);
  });

  it("I22: tells who hangs that the gateway drains, and closes with 4001", async () => {
    const engine = await engineWith();
    const bob = await bobOn(engine);
    const hanging = pending(bob.poll(2));
    await turns(engine);
    const drained = engine.chat.drain({ within: 10_000 });
    await turns(engine);
    expect(hanging.value?.frames).toMatchObject([{ t: "drain", within: 10_000 }]);
    const served = await soon(engine, bob.poll(3, [{ t: "send", id: "m1", c: "c1", type: "message", body: {} }]));
    expect(served.frames).toMatchObject([{ t: "sent" }]);
    const last = pending(bob.poll(4));
    await engine.advance(11_000);
    await drained;
    await turns(engine);
    expect(last.value && closeCode(last.value)).toBe(CLOSE.draining.code);
  });

  it("answers who hangs with 1001 when the engine closes, and leaves nothing behind", async () => {
    const engine = await engineWith();
    const [bob, other] = [await bobOn(engine, { device: "d1" }), await bobOn(engine, { device: "d2" })];
    const hanging = pending(bob.poll(2));
    const early = pending(bob.poll(9));
    const stream = await soon(engine, other.stream());
    await turns(engine);
    await engine.close();
    await turns(engine);
    expect(hanging.value && closeCode(hanging.value)).toBe(CLOSE.goingAway.code);
    expect(early.value?.status).toBe(410);
    expect(stream.frames.at(-1)).toEqual({ t: "close", code: CLOSE.goingAway.code });
    expect(stream.ended).toBe(true);
    expect((await bob.poll(3)).status).toBe(503);
    expect(engine.gauges).toMatchObject({ sessions: 0, polls: 0, swept: 0, outboxBytes: 0 });
  });

  it("S13: a poll that lands on another gateway is 410, and there a hello goes on", async () => {
    const [hub, store] = [new MemoryBusHub(), sharedStore(memoryStore())];
    const one = await engineWith({ node: "n1", store: store(), bus: memoryBus(hub) });
    const two = await TestEngine.start({ node: "n2", clock: one.clock, seed: 2, store: store(), bus: memoryBus(hub) });
    engines.push(two);
    const alice = await one.join("alice");
    const bob = await bobOn(one);
    const stray = new PollClient((request) => two.chat.fetch(request));
    expect((await soon(two, stray.poll(2, [], { headers: bob.headers }))).status).toBe(410);
    const welcome = (await soon(two, stray.hello("bob"))).frames[0];
    expect(welcome).toMatchObject({ session: expect.stringMatching(/^s_n2_/) });
    await alice.send("c1", "m1");
    expect(seqs((await soon(two, stray.poll(2))).frames)).toEqual([2]);
  });
});

describe("ChatEngine by a stream", () => {
  it("begins with what is acknowledged, and is neither stored nor changed on its way", async () => {
    const engine = await engineWith();
    const { status, headers, frames } = await soon(engine, (await bobOn(engine)).stream());
    await turns(engine);
    expect([status, headers.get("content-type"), headers.get("x-accel-buffering")]).toEqual([
      200,
      "text/event-stream",
      "no",
    ]);
    expect(headers.get("cache-control")).toBe("no-cache, no-store, no-transform");
    expect(frames).toEqual([{ t: "from", n: 0 }]);
  });

  it("brings everything down, while polls are answered empty", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const stream = await soon(engine, bob.stream());
    const send: ClientFrame = { t: "send", id: "m1", c: "c1", type: "message", body: {} };
    expect((await soon(engine, bob.poll(2, [send], { waits: false }))).text).toBe('{"k":2,"frames":[]}');
    await alice.send("c1", "m2");
    expect((await soon(engine, bob.poll(3, [{ t: "ack", n: 1 }, PING], { waits: false }))).text).toBe(
      '{"k":3,"frames":[]}',
    );
    await turns(engine);
    expect(stream.frames).toMatchObject([
      { t: "from" },
      { t: "sent", id: "m1" },
      { t: "event", seq: 3 },
      { t: "pong", n: 1 },
    ]);
    expect((await soon(engine, bob.poll(3, [PING], { waits: false }))).text).toBe('{"k":3,"frames":[]}');
  });

  it("I7, I8, I16: a new one ends the one before, and begins behind what was acknowledged", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const first = await soon(engine, bob.stream());
    for (const id of ["m2", "m3", "m4"]) await alice.send("c1", id);
    await soon(engine, bob.poll(2, [{ t: "ack", n: 1 }], { waits: false }));
    const second = await soon(engine, bob.stream());
    await alice.send("c1", "m5");
    await turns(engine);
    expect(first.ended).toBe(true);
    expect(seqs(first.frames)).toEqual([2, 3, 4]);
    expect(second.frames).toMatchObject([{ t: "from", n: 1 }, { seq: 3 }, { seq: 4 }, { seq: 5 }]);
  });

  it("I16: waits for the next one when it is cut, and brings nothing twice that nobody had taken", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const first = await soon(engine, bob.stream());
    await alice.send("c1", "m2");
    await turns(engine);
    await first.cut();
    await alice.send("c1", "m3");
    await engine.advance(30_000);
    const second = await soon(engine, bob.stream());
    await second.cut();
    const third = await soon(engine, bob.stream());
    await turns(engine);
    expect(third.frames).toMatchObject([{ t: "from", n: 0 }, { seq: 2 }, { seq: 3 }]);
    expect(third.frames).toHaveLength(3);
  });

  it("I16: what it had begun to bring goes on by polls, which begin with from", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const stream = await soon(engine, bob.stream());
    await alice.send("c1", "m2");
    await turns(engine);
    await stream.cut();
    await alice.send("c1", "m3");
    const first = await soon(engine, bob.poll(2));
    expect(first.frames).toMatchObject([{ t: "from", n: 0 }, { seq: 2 }, { seq: 3 }]);
    expect(await soon(engine, bob.poll(2))).toEqual(first);
    await alice.send("c1", "m4");
    expect((await soon(engine, bob.poll(3, [{ t: "ack", n: 2 }]))).frames).toMatchObject([{ seq: 4 }]);
  });

  it.each(["the reader lets go", "the request is aborted"])("is gone as soon as %s", async (how) => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const gone = new AbortController();
    const stream = await soon(engine, bob.stream(gone.signal));
    await alice.send("c1", "m2");
    await turns(engine);
    if (how === "the reader lets go") await stream.cut();
    else gone.abort();
    await turns(engine);
    const { frames } = await soon(engine, bob.poll(2, [], { waits: false }));
    expect(frames).toMatchObject([{ t: "from", n: 0 }, { seq: 2 }]);
  });

  it("ends when its client polls and waits", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const stream = await soon(engine, bob.stream());
    await alice.send("c1", "m2");
    await turns(engine);
    const { frames } = await soon(engine, bob.poll(2));
    expect(stream.ended).toBe(true);
    expect(frames).toMatchObject([{ t: "from", n: 0 }, { seq: 2 }]);
  });

  it("takes what a poll that hangs was waiting for", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const hanging = pending(bob.poll(2));
    await turns(engine);
    const stream = await soon(engine, bob.stream());
    await alice.send("c1", "m2");
    await turns(engine);
    expect(hanging.value?.text).toBe('{"k":2,"frames":[]}');
    expect(stream.frames).toMatchObject([{ t: "from", n: 0 }, { seq: 2 }]);
  });

  it("I15: keeps what nobody reads within the outbox' cap, and repeats a lagging that may be lost", async () => {
    const engine = await engineWith({
      limits: { outboxFramesMax: 20, windowFramesMax: 8, outboxBytesMax: 20_000, socketBytesMax: 1_000 },
    });
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const response = await engine.chat.fetch(new Request("http://test/sse", { headers: bob.headers }));
    for (let n = 0; n < 60; n++) {
      await alice.send("c1", `m${n}`, "x".repeat(200));
      expect(engine.gauges.outboxBytes).toBeLessThan(30_000);
    }
    await response.body?.cancel();
    const second = await soon(engine, bob.stream());
    await turns(engine);
    const got = seqs(second.frames);
    await soon(engine, bob.poll(2, [{ t: "ack", n: got.length }], { waits: false }));
    await turns(engine);
    expect(second.frames.at(-1)).toEqual({ t: "lagging", c: ["c1"] });
    await second.cut();
    const third = await soon(engine, bob.stream());
    await alice.send("c1", "last");
    await turns(engine);
    expect(third.frames).toMatchObject([{ t: "from", n: got.length }, { t: "lagging" }, { seq: 62 }]);
    await soon(engine, bob.poll(3, [{ t: "ack", n: got.length + 1 }], { waits: false }));
    const fourth = await soon(engine, bob.stream());
    await turns(engine);
    expect(fourth.frames).toEqual([{ t: "from", n: got.length + 1 }]);
  });

  it("sends the oldest again that a stream has brought and nobody acknowledges", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await bobOn(engine)];
    const stream = await soon(engine, bob.stream());
    await alice.send("c1", "m2");
    await engine.advance(11_000);
    await turns(engine);
    expect(ofType(stream.frames)).toEqual(["from", "event", "again"]);
  });

  it("I21: is no sign of life by being open: without polls for two heartbeats it ends with 4002", async () => {
    const engine = await engineWith();
    const bob = await bobOn(engine);
    const stream = await soon(engine, bob.stream());
    await engine.advance(42_000);
    await turns(engine);
    expect(stream.frames.at(-1)).toEqual({ t: "close", code: CLOSE.silent.code });
    expect(stream.ended).toBe(true);
    expect(engine.gauges).toMatchObject({ sessions: 0, polls: 0, swept: 0 });
  });

  it("S12, S13: is 410 for who shows nothing, or the wrong secret", async () => {
    const engine = await engineWith();
    const bob = await bobOn(engine);
    expect((await soon(engine, clientOf(engine).stream())).status).toBe(410);
    const ask = (headers: Record<string, string>) =>
      engine.chat.fetch(new Request("http://test/sse", { headers: { ...bob.headers, ...headers } }));
    expect((await soon(engine, ask({ "earshot-secret": "x".repeat(43) }))).status).toBe(410);
    expect((await soon(engine, ask({ origin: "https://evil.example" }))).status).toBe(403);
  });
});
