import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CLOSE, type ErrorFrame, type EventFrame, type SentFrame, SUBPROTOCOL } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { MemoryBusHub, memoryBus } from "./bus/memory-bus.ts";
import { ChatEngine } from "./chat-engine.ts";
import type { Bus } from "./ports/bus.ts";
import type { MessageStore } from "./ports/message-store.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { type Faults, Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { sharedStore } from "./testing/shared-store.ts";
import type { TestClient } from "./testing/test-client.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

const EMPTY = {
  sessions: 0,
  swept: 0,
  users: 0,
  topics: 0,
  subscriptions: 0,
  headed: 0,
  tallied: 0,
  watermarks: 0,
  present: 0,
  watchers: 0,
  polls: 0,
  addresses: 0,
  outboxBytes: 0,
  asked: 0,
};

/** An engine with a conversation `c1` of alice and bob. */
async function engineWith(options: TestEngineOptions = {}): Promise<TestEngine> {
  const engine = await TestEngine.start(options);
  await engine.create("alice", "c1", ["bob"]);
  return engine;
}

/** A store whose appends wait until they are let through. */
function heldStore() {
  const plain = memoryStore();
  const waiting: (() => void)[] = [];
  const append: MessageStore["append"] = async (batch) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return plain.append(batch);
  };
  const store = new Proxy(plain, {
    get: (target, name: keyof MessageStore) => {
      if (name === "append") return append;
      const value: unknown = target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const release = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { store, waiting, release };
}

const message = (id: string, c = "c1") => ({ t: "send", id, c, type: "message", body: { text: id } }) as const;
const upTo = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
const seqsOf = (client: TestClient, c = "c1") => client.events(c).map(({ seq }) => seq);

describe("ChatEngine: a message", () => {
  it("I1: is answered, and told to others, only when the store has it", async () => {
    const { store, waiting, release } = heldStore();
    const engine = await engineWith({ store });
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    await alice.say(message("m1"));
    await engine.advance(3_000);
    expect(waiting).toHaveLength(1);
    expect([alice.of("sent"), bob.events("c1")]).toEqual([[], []]);
    release();
    await engine.settle();
    expect(alice.of("sent")).toMatchObject([{ id: "m1", seq: 2 }]);
    expect(bob.events("c1")).toMatchObject([{ id: "m1", seq: 2 }]);
  });

  it("I4: is stored once, however often and on whatever session it is sent", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    alice.pair.send(message("m1"), message("m1"));
    await engine.settle();
    alice.pair.cut();
    const again = await engine.join("alice", { device: "another" });
    await again.say(message("m1"));
    const answers = [...alice.of("sent"), ...again.of("sent")];
    expect(answers.map(({ seq, dup }) => [seq, dup ?? false])).toEqual([
      [2, false],
      [2, true],
      [2, true],
    ]);
    await again.say({ ...message("m1"), body: { text: "other" } });
    expect(again.of("error")).toMatchObject([{ id: "m1", c: "c1", code: "conflict" }]);
    expect(seqsOf(bob)).toEqual([2]);
  });

  it("I11, I5: keeps the order in which one session sent 200 at once, without a hole", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    const ids = upTo(1, 200).map((index) => `m${index}`);
    alice.pair.send(...ids.map((id) => message(id)));
    await engine.settle();
    expect(alice.of("sent").map(({ id }) => id)).toEqual(ids);
    expect(alice.of("sent").map(({ seq }) => seq)).toEqual(upTo(2, 201));
    expect(bob.events("c1").map(({ id }) => id)).toEqual(ids);
    expect(seqsOf(bob)).toEqual(upTo(2, 201));
  });

  it("I13: is in the sender's next read; its own session is told by sent alone, its other ones by event", async () => {
    const engine = await engineWith();
    const [laptop, phone] = [
      await engine.join("alice", { device: "d1" }),
      await engine.join("alice", { device: "d2" }),
    ];
    laptop.pair.send(message("m1"), { t: "fetch", id: "r1", c: "c1", after: 1 });
    await engine.settle();
    const { seq } = laptop.of("sent")[0] as SentFrame;
    const page = await laptop.ask({ t: "fetch", id: "r2", c: "c1", after: 1 }, "events");
    expect(page).toMatchObject({ head: seq, events: [{ seq, id: "m1", from: "alice" }] });
    expect(laptop.events("c1")).toEqual([]);
    expect(seqsOf(phone)).toEqual([seq]);
  });

  it("S16: carries no sender, seq or time of the client's making", async () => {
    const engine = await engineWith();
    const alice = await engine.join("alice");
    for (const forged of [{ from: "bob" }, { seq: 99 }, { ord: 99 }, { at: 1 }, { epoch: "e" }]) {
      alice.pair.sendText(JSON.stringify({ ...message("m1"), ...forged }));
    }
    await engine.settle();
    expect(alice.of("error").map(({ code }) => code)).toEqual(Array(5).fill("invalid"));
    expect((await alice.send("c1", "m1")).seq).toBe(2);
  });

  it("I18, S14: of a foreign conversation is not_found, as of none, and reaches nobody", async () => {
    const engine = await engineWith();
    const [bob, mallory] = [await engine.join("bob"), await engine.join("mallory")];
    await mallory.say(message("m1"), message("m2", "none"), { t: "fetch", id: "r1", c: "c1" });
    const refusals = mallory.of("error").map(({ code, message: text, retry }) => [code, text, retry]);
    expect(refusals[0]).toEqual(refusals[1]);
    expect(mallory.of("error").map(({ code }) => code)).toEqual(["not_found", "not_found", "not_found"]);
    await mallory.say({ t: "have", have: [["c1", "e1", 0, true]] });
    expect(mallory.received.at(-1)).toEqual({ t: "events", c: "c1", gone: true });
    expect(seqsOf(bob)).toEqual([]);
  });

  it("I17: reaches a new member from the join on, and a removed one up to the removal", async () => {
    const engine = await engineWith();
    const [alice, bob, carol] = [await engine.join("alice"), await engine.join("bob"), await engine.join("carol")];
    await alice.send("c1", "m1");
    await engine.call("alice", "PUT", "/conversations/c1/members/carol", {});
    await alice.send("c1", "m2");
    await engine.call("alice", "DELETE", "/conversations/c1/members/bob");
    await alice.send("c1", "m3");
    expect(seqsOf(bob)).toEqual([2, 3, 4, 5]);
    expect(bob.received.at(-1)).toEqual({ t: "events", c: "c1", gone: true });
    expect(seqsOf(carol)).toEqual([3, 4, 5, 6]);
    expect(await carol.ask({ t: "fetch", id: "r1", c: "c1", after: 0 }, "events")).toMatchObject({
      events: [{ type: "void", seq: 1, to: 2 }, { seq: 3 }, { seq: 4 }, { seq: 5 }, { seq: 6 }],
    });
  });

  it("is encoded once for all who get it", async () => {
    const engine = await engineWith();
    await engine.call("alice", "POST", "/conversations/c1/members", { members: ["carol", "dave"] });
    const others = [await engine.join("bob"), await engine.join("carol"), await engine.join("dave")];
    const alice = await engine.join("alice");
    await alice.send("c1", "m1");
    const texts = others.map((client) => client.pair.fromGateway.at(-1));
    expect(new Set(texts).size).toBe(1);
  });

  it("I23: is rate_limited beyond the burst, with a wait after which the rest goes through in order", async () => {
    const engine = await engineWith({ limits: { sendsPerSecondMax: 10, sendBurstSeconds: 1 } });
    const alice = await engine.join("alice");
    const ids = upTo(1, 15).map((index) => `m${index}`);
    alice.pair.send(...ids.map((id) => message(id)));
    await engine.settle();
    expect(alice.of("sent")).toHaveLength(10);
    const refused = alice.of("error");
    expect(refused.map(({ code }) => code)).toEqual(["rate_limited", "blocked", "blocked", "blocked", "blocked"]);
    for (const { retry } of refused) expect(retry).toBe(200);
    await engine.advance(1_000);
    await alice.say(...ids.slice(10).map((id) => message(id)));
    expect(alice.of("sent").map(({ id }) => id)).toEqual(ids);
  });
});

describe("ChatEngine: coming back", () => {
  it("I16: answers have with what was missed, from memory, and nothing else", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    for (const id of ["m1", "m2", "m3"]) await alice.send("c1", id);
    const { epoch = "" } = bob.events("c1")[0] ?? {};
    bob.pair.cut();
    for (const id of ["m4", "m5"]) await alice.send("c1", id);
    const back = engine.connect();
    await back.say({
      t: "hello",
      v: 1,
      device: "bob-1",
      k: 2,
      resume: bob.welcome?.resume ?? "",
      have: [["c1", epoch, 3]],
    });
    expect(back.welcome).toMatchObject({ resumed: true, user: "bob" });
    expect(back.of("events")).toMatchObject([{ c: "c1", epoch, from: 4, to: 6, head: 6, more: false }]);
    expect(back.of("event")).toEqual([]);
    await alice.send("c1", "m6");
    expect(seqsOf(back)).toEqual([7]);
  });

  it("S12: takes no resume of another device, nor of an engine with another key", async () => {
    const engine = await engineWith();
    const other = await engineWith({ seed: 2 });
    const alice = await engine.join("alice");
    const resume = alice.welcome?.resume ?? "";
    for (const [at, device] of [
      [engine, "stolen"],
      [other, "alice-1"],
    ] as const) {
      const thief = at.connect();
      await thief.say({ t: "hello", v: 1, device, resume });
      expect(thief.closedWith).toBe(CLOSE.expired.code);
    }
  });

  it("I12: resets a cursor of another life of the log, and one beyond its head", async () => {
    const engine = await engineWith();
    const bob = await engine.join("bob");
    const { epoch } = await (await engine.join("alice")).send("c1", "m1");
    await bob.say({
      t: "have",
      have: [
        ["c1", "another", 1],
        ["c1", epoch, 99],
      ],
    });
    const reset = { t: "events", c: "c1", epoch, head: 2, events: [], reset: true };
    expect(bob.of("events")).toEqual([reset, reset]);
  });
});

describe("ChatEngine: a store that fails", () => {
  const failing = async (faults: Faults) => {
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(1) });
    lossy.on = false;
    const engine = await engineWith({ clock, store: lossy.wrap(memoryStore(), { append: faults }) });
    return { engine, lossy, clients: [await engine.join("alice"), await engine.join("bob")] as const };
  };

  it.each([
    ["fails before it has stored anything", { failBefore: 1 }],
    ["has stored and fails all the same", { failAfter: 1 }],
  ] as const)(
    "I1, I4, I11: for a while, and %s: unavailable with a wait, then everything once and in order",
    async (_, faults) => {
      const { engine, lossy, clients } = await failing(faults);
      const [alice, bob] = clients;
      const ids = upTo(1, 5).map((index) => `m${index}`);
      await alice.send("c1", "m0");
      lossy.on = true;
      alice.pair.send(...ids.map((id) => message(id)));
      await engine.advance(5_000);
      expect(alice.of("error").map(({ id, code }) => [id, code])).toEqual([
        ["m1", "unavailable"],
        ["m2", "blocked"],
        ["m3", "blocked"],
        ["m4", "blocked"],
        ["m5", "blocked"],
      ]);
      for (const { retry } of alice.of("error")) expect(retry).toBeGreaterThan(0);
      lossy.on = false;
      alice.pair.send(...ids.map((id) => message(id)), message("m6"));
      await engine.advance(1_000);
      expect(alice.of("sent").map(({ id, seq }) => [id, seq])).toEqual(
        ["m0", ...ids, "m6"].map((id, index) => [id, index + 2]),
      );
      // The last one tells of what may have been stored before, and told to nobody.
      expect(bob.events("c1").map(({ id }) => id)).toEqual(["m0", ...ids, "m6"]);
    },
  );

  it("I4: that loses answers now and then doubles nothing, and loses nothing", async () => {
    const { engine, lossy, clients } = await failing({ failBefore: 0.2, failAfter: 0.3 });
    const [alice, bob] = clients;
    lossy.on = true;
    const ids = upTo(1, 150).map((index) => `m${index}`);
    for (const id of ids) {
      alice.pair.send(message(id));
      await engine.advance(100);
    }
    await engine.advance(5_000);
    lossy.on = false;
    for (let round = 0; round < 20 && alice.of("sent").length < ids.length; round++) {
      const sent = new Set(alice.of("sent").map(({ id }) => id));
      alice.pair.send(...ids.filter((id) => !sent.has(id)).map((id) => message(id)));
      await engine.advance(2_000);
    }
    await alice.send("c1", "last");
    expect(lossy.happened.failAfter).toBeGreaterThan(5);
    expect(lossy.happened.failBefore).toBeGreaterThan(5);
    expect(bob.events("c1").map(({ id }) => id)).toEqual([...ids, "last"]);
    expect(seqsOf(bob)).toEqual(upTo(2, 152));
  });

  it("answers inbox, fetch and have with unavailable, and stays open", async () => {
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(1) });
    lossy.on = false;
    const down = { failBefore: 1 };
    const engine = await engineWith({
      clock,
      store: lossy.wrap(memoryStore(), { access: down, inbox: down, range: down, ping: down }),
    });
    const alice = await engine.join("alice");
    lossy.on = true;
    await alice.say({ t: "inbox", id: "r1" }, { t: "fetch", id: "r2", c: "c1" }, { t: "have", have: [["c1", "e", 0]] });
    const told = ({ id, re, code }: ErrorFrame) => [id ?? re, code];
    expect(alice.of("error").map(told).sort()).toEqual([
      ["have", "unavailable"],
      ["r1", "unavailable"],
      ["r2", "unavailable"],
    ]);
    expect((await engine.call("alice", "GET", "/readyz")).status).toBe(503);
    lossy.on = false;
    expect(await alice.ask({ t: "fetch", id: "r3", c: "c1" }, "events")).toMatchObject({ head: 1 });
    expect((await engine.call("alice", "GET", "/readyz")).status).toBe(200);
  });
});

describe("ChatEngine: two nodes of one cluster", () => {
  /** Two engines on one store and one clock; what the second hears over the bus is subject to faults. */
  async function cluster(faults: Faults = {}, seed = 1) {
    const clock = new ManualClock();
    const store = sharedStore(memoryStore());
    const hub = new MemoryBusHub();
    const lossy = new Lossy({ clock, random: new SeededRandom(seed) });
    lossy.on = false;
    const here = await engineWith({ clock, store: store(), bus: memoryBus(hub), node: "n1", seed: 1 });
    const bus = lossy.wrap(memoryBus(hub), { subscribe: faults });
    const there = await TestEngine.start({ clock, store: store(), bus, node: "n2", seed: 2 });
    return { clock, here, there, lossy };
  }

  it("tell each other of every event, once and in order, and of conversations that one has never heard of", async () => {
    const { here, there } = await cluster();
    const [alice, bob] = [await here.join("alice"), await there.join("bob")];
    for (const id of ["m1", "m2", "m3"]) await alice.send("c1", id);
    expect(seqsOf(bob)).toEqual([2, 3, 4]);
    await bob.send("c1", "m4");
    expect(seqsOf(alice)).toEqual([5]);
    await here.create("alice", "c2", ["bob"]);
    await there.settle();
    expect(bob.events("c2")).toMatchObject([{ seq: 1, type: "meta" }]);
  });

  it("I17: let a removed member go on the other node too", async () => {
    const { here, there } = await cluster();
    const [alice, bob] = [await here.join("alice"), await there.join("bob")];
    await alice.send("c1", "m1");
    await here.call("alice", "DELETE", "/conversations/c1/members/bob");
    await alice.send("c1", "m2");
    expect(seqsOf(bob)).toEqual([2, 3]);
    expect(bob.received.at(-1)).toEqual({ t: "events", c: "c1", gone: true });
  });

  it("I4: know each other's keys, and take each other's resume tokens", async () => {
    const { here, there } = await cluster();
    const alice = await here.join("alice");
    const sent = await alice.send("c1", "m1");
    alice.pair.cut();
    const moved = there.connect();
    await moved.say({ t: "hello", v: 1, device: "alice-1", k: 2, resume: alice.welcome?.resume ?? "" });
    expect(moved.welcome).toMatchObject({ resumed: true, node: "n2", user: "alice" });
    await moved.say(message("m1"));
    expect(moved.of("sent")).toEqual([{ ...sent, dup: true }]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "I26, I7: keep the order, without a hole or a repeat, over a bus that drops, doubles and delays (seed %i)",
    async (seed) => {
      const { here, there, lossy, clock } = await cluster(
        { drop: 0.3, duplicate: 0.3, delay: 0.4, delayMsMax: 40 },
        seed,
      );
      const [alice, bob] = [await here.join("alice"), await there.join("bob")];
      await alice.send("c1", "first");
      lossy.on = true;
      const random = new SeededRandom(seed);
      const sent: string[] = ["first"];
      for (let count = 0; count < 80; count++) {
        const burst = upTo(1, 1 + random.below(3)).map((index) => `m${count}-${index}`);
        alice.pair.send(...burst.map((id) => message(id)));
        sent.push(...burst);
        await clock.advance(random.below(15));
      }
      await clock.advance(1_000);
      lossy.on = false;
      await alice.send("c1", "last");
      await clock.advance(1_000);
      expect(lossy.happened.drop).toBeGreaterThan(5);
      expect(bob.events("c1").map(({ id }) => id)).toEqual([...sent, "last"]);
      expect(seqsOf(bob)).toEqual(upTo(2, sent.length + 2));
    },
  );

  it("I26: give everything to who asks, though the bus lets nothing through", async () => {
    const { here, there, lossy } = await cluster({ drop: 1 });
    lossy.on = true;
    const [alice, bob] = [await here.join("alice"), await there.join("bob")];
    for (const id of ["m1", "m2"]) await alice.send("c1", id);
    expect(bob.events("c1")).toEqual([]);
    expect(await bob.ask({ t: "fetch", id: "r1", c: "c1", after: 1 }, "events")).toMatchObject({ head: 3, to: 3 });
  });

  it("let people in although the bus never answers", async () => {
    const clock = new ManualClock();
    const bus = memoryBus(new MemoryBusHub());
    const dead: Bus = {
      open: () => bus.open(),
      close: () => bus.close(),
      ping: () => bus.ping(),
      publish: (batch) => bus.publish(batch),
      onInterruption: (listener) => bus.onInterruption(listener),
      subscribe: () => ({ ready: new Promise(() => {}), cancel: () => {} }),
    };
    const engine = await engineWith({ clock, bus: dead });
    const alice = await engine.join("alice");
    const { epoch } = await alice.send("c1", "m1");
    const bob = await engine.join("bob", { have: [["c1", epoch, 1]] });
    expect(bob.welcome).toBeDefined();
    expect(bob.of("events")).toEqual([]);
    await engine.advance(1_000);
    expect(bob.of("events")).toMatchObject([{ from: 2, to: 2 }]);
  });
});

describe("ChatEngine: leaving nothing behind", () => {
  it("I25: is back where it was when all sessions have ended, in whatever way", async () => {
    const hub = new MemoryBusHub();
    const engine = await engineWith({ bus: memoryBus(hub) });
    const baseline = engine.clock.pending;
    expect(engine.gauges).toEqual(EMPTY);
    const clients = [];
    for (let count = 0; count < 20; count++) {
      const client = await engine.join(count % 2 === 0 ? "alice" : "bob", {
        device: `d${count}`,
        have: [["c1", "e", 0, true]],
      });
      await client.send("c1", `m${count}`);
      clients.push(client);
    }
    const [greeting] = [engine.connect()];
    expect(engine.gauges).toMatchObject({ subscriptions: 20, sessions: 21, swept: 21, users: 2, topics: 3 });
    for (const [index, client] of clients.entries()) {
      const ends = [
        () => client.pair.close(),
        () => client.pair.cut(),
        () => client.pair.halfOpen(),
        () => client.pair.send({ t: "bye" }),
        () => client.pair.sendText("{"),
      ];
      ends[index % ends.length]?.();
    }
    greeting.pair.cut();
    await engine.advance(60_000);
    expect(engine.gauges).toEqual(EMPTY);
    expect(engine.clock.pending).toBe(baseline);
  });

  it("I25: has no timer left when it is closed, also in the middle of things", async () => {
    const { store, release } = heldStore();
    const engine = await engineWith({ store, bus: memoryBus(new MemoryBusHub()) });
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob", { have: [["c1", "e", 0]] })];
    engine.connect();
    alice.pair.send(message("m1"));
    await engine.settle();
    const closing = engine.close();
    await engine.settle();
    expect(bob.closedWith).toBe(CLOSE.goingAway.code);
    release();
    await closing;
    expect(engine.gauges).toEqual(EMPTY);
    expect(engine.clock.pending).toBe(0);
  });

  it("I25: has no timer left when it is closed while the store fails", async () => {
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(1) });
    lossy.on = false;
    const engine = await engineWith({ clock, store: lossy.wrap(memoryStore(), { append: { failBefore: 1 } }) });
    const alice = await engine.join("alice");
    lossy.on = true;
    await alice.say(message("m1"));
    await engine.close();
    await engine.advance(60_000);
    expect(engine.clock.pending).toBe(0);
  });
});

describe("ChatEngine: its life", () => {
  it("names a wrong option at once", () => {
    expect(() => new ChatEngine({ store: memoryStore() } as never)).toThrow(
      expect.objectContaining({ code: "invalid", details: { field: "authenticate" } }),
    );
  });

  it("answers 503 before it is started and after it is closed", async () => {
    const engine = new TestEngine();
    for (const path of ["/healthz", "/readyz", "/conversations"]) {
      const response = await engine.call("alice", "GET", path);
      expect([response.status, await response.json()]).toMatchObject([503, { code: "unavailable" }]);
    }
    await engine.chat.start();
    expect((await engine.call("alice", "GET", "/readyz")).status).toBe(200);
    await engine.close();
    expect((await engine.call("alice", "GET", "/readyz")).status).toBe(503);
  });

  it("starts once, and closes as often as it is told to", async () => {
    const engine = await TestEngine.start();
    await expect(engine.chat.start()).rejects.toMatchObject({ code: "conflict" });
    await engine.close();
    await engine.close();
    await expect(engine.chat.start()).rejects.toMatchObject({ code: "conflict" });
  });

  it("closes what it had opened when it cannot start, and says why", async () => {
    const store = memoryStore();
    const bus = memoryBus(new MemoryBusHub());
    await bus.open();
    const engine = new TestEngine({ store, bus });
    await expect(engine.chat.start()).rejects.toMatchObject({ code: "conflict" });
    await expect(store.ping()).rejects.toMatchObject({ code: "closed" });
    await expect(bus.ping()).rejects.toMatchObject({ code: "closed" });
    expect(engine.clock.pending).toBe(0);
  });

  it("closes at the end of an await using", async () => {
    const store = memoryStore();
    {
      await using chat = new ChatEngine({ store, authenticate: () => null });
      await chat.start();
      await store.ping();
    }
    await expect(store.ping()).rejects.toMatchObject({ code: "closed" });
  });

  it("keeps two engines of one process apart", async () => {
    const [one, two] = [await engineWith(), await engineWith()];
    const [alice, bob] = [await one.join("alice"), await two.join("bob")];
    await alice.send("c1", "m1");
    expect(bob.events("c1")).toEqual([]);
    expect(one.chat.node).not.toBe("");
  });

  it("I27: gives no verdict by the wall clock but on credentials", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    for (const step of [3_600_000, -7_200_000, 3_600_000]) {
      engine.clock.stepWall(step);
      await alice.send("c1", `m${step}`).catch(() => {});
      await engine.advance(2_000);
    }
    expect([alice.closedWith, bob.closedWith]).toEqual([null, null]);
    expect(seqsOf(bob)).toEqual([2, 3]);
  });
});

describe("ChatEngine: over a real socket", () => {
  it("takes a message from one client to another, and says goodbye when it closes", async () => {
    const server = createServer();
    const chat = new ChatEngine({
      store: memoryStore(),
      authenticate: ({ token }) => (token === null ? null : { user: token }),
    });
    chat.attach(server);
    await chat.start();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const post = (path: string, body: unknown) =>
      chat.fetch(
        new Request(`http://${url}${path}`, {
          method: "POST",
          body: JSON.stringify(body),
          headers: { authorization: "Bearer alice" },
        }),
      );
    expect((await post("/conversations", { kind: "group", id: "c1", members: ["bob"] })).status).toBe(201);

    const open = async (user: string) => {
      const socket = new WebSocket(`ws://${url}/chat/ws`, SUBPROTOCOL);
      const frames: Record<string, unknown>[] = [];
      socket.on("message", (content: Buffer) => frames.push(JSON.parse(content.toString()) as Record<string, unknown>));
      await once(socket, "open");
      socket.send(JSON.stringify({ t: "hello", v: 1, token: user, device: user }));
      await once(socket, "message");
      return { socket, frames };
    };
    const [alice, bob] = [await open("alice"), await open("bob")];
    alice.socket.send(JSON.stringify(message("m1")));
    await Promise.all([once(alice.socket, "message"), once(bob.socket, "message")]);
    expect(alice.frames[1]).toMatchObject({ t: "sent", id: "m1", seq: 2 });
    expect(bob.frames[1]).toMatchObject({ t: "event", seq: 2, body: { text: "m1" } } satisfies Partial<EventFrame>);

    const closes = Promise.all([once(alice.socket, "close"), once(bob.socket, "close")]);
    await chat.close();
    expect((await closes).map(([code]) => code as number)).toEqual([CLOSE.goingAway.code, CLOSE.goingAway.code]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
