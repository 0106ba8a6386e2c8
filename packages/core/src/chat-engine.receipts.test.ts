import { type GatewayFrame, LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { MessageStore } from "./ports/message-store.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import type { TestClient } from "./testing/test-client.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

/** `c1` of alice, bob and carol, with five messages of alice's: seq 2…6. */
async function engineWith(options: TestEngineOptions = {}): Promise<TestEngine> {
  const engine = await TestEngine.start(options);
  await engine.create("alice", "c1", ["bob", "carol"]);
  const writer = await engine.join("alice", { device: "writer" });
  for (let count = 0; count < 5; count++) await writer.send("c1", `m${count}`);
  await writer.say({ t: "bye" });
  return engine;
}

const receipts = (client: TestClient) =>
  client.of("receipt").map(({ user, delivered, read }) => [user, delivered, read]);

const subscribe = (client: TestClient, id = "s1") => client.ask({ t: "subscribe", id, c: "c1" }, "subscribed");

describe("ChatEngine: receipts", () => {
  it("I14: a read is told within 200 ms to subscribers and to all own sessions, once each", async () => {
    const engine = await engineWith();
    const [alice, bob, desk, carol] = [
      await engine.join("alice"),
      await engine.join("bob"),
      await engine.join("bob", { device: "bob-2" }),
      await engine.join("carol"),
    ];
    await subscribe(alice);
    await subscribe(desk);
    await bob.say({ t: "read", c: "c1", seq: 4 }, { t: "read", c: "c1", seq: 3 });
    expect(receipts(alice)).toEqual([]);
    await engine.advance(200);
    for (const client of [alice, bob, desk]) expect(receipts(client)).toEqual([["bob", 4, 4]]);
    expect(receipts(carol)).toEqual([]);
    await bob.say({ t: "read", c: "c1", seq: 1 }, { t: "read", c: "c1", seq: 9_000 });
    await engine.advance(200);
    expect(receipts(alice)).toEqual([
      ["bob", 4, 4],
      ["bob", 6, 6],
    ]);
    expect([bob.of("error"), engine.clock.now() > 0]).toEqual([[], true]);
    await engine.close();
    expect(engine.clock.pending).toBe(0);
  });

  it("I14: delivered rises by acknowledged events, within 2 s and merged", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    await subscribe(alice);
    for (const id of ["a", "b", "c"]) await alice.send("c1", id);
    await engine.advance(500);
    const before = receipts(alice).length;
    for (const n of [1, 2, 3]) await bob.say({ t: "ack", n });
    await engine.advance(2_000);
    expect(receipts(alice).slice(before)).toEqual([["bob", 9, 1]]);
    await engine.close();
  });

  it("I14: delivered rises by ack.d, and by cursors of the log's present life alone", async () => {
    const engine = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    const { epoch } = await subscribe(alice);
    await bob.say({
      t: "ack",
      n: 0,
      d: [
        ["c1", 3],
        ["foreign", 7],
      ],
    });
    await engine.advance(2_000);
    await bob.say({ t: "have", have: [["c1", epoch, 4]] });
    await engine.advance(2_000);
    await bob.say({ t: "have", have: [["c1", "old", 5]] });
    await engine.advance(2_000);
    expect(receipts(alice)).toEqual([
      ["bob", 3, 1],
      ["bob", 4, 1],
    ]);
    expect(bob.of("error")).toEqual([]);
    await engine.close();
  });

  it("tells one's other sessions, and subscribers, what sending has read", async () => {
    const engine = await engineWith();
    const [bob, desk, alice] = [
      await engine.join("bob"),
      await engine.join("bob", { device: "bob-2" }),
      await engine.join("alice"),
    ];
    await subscribe(alice);
    await bob.send("c1", "answer");
    await engine.advance(200);
    expect(receipts(desk)).toEqual([["bob", 7, 7]]);
    expect(receipts(alice)).toEqual([["bob", 7, 7]]);
    await engine.close();
  });

  it("shows in the inbox what was read before it was asked for, also on another session", async () => {
    const engine = await engineWith();
    const bob = await engine.join("bob");
    bob.pair.send({ t: "read", c: "c1", seq: 4 });
    expect(await bob.ask({ t: "inbox", id: "r1" }, "inbox")).toMatchObject({ conversations: [{ read: 4, unread: 2 }] });
    bob.pair.send({ t: "read", c: "c1", seq: 5 });
    await engine.settle();
    const response = await engine.call("bob", "GET", "/conversations");
    expect(await response.json()).toMatchObject({ conversations: [{ read: 5, unread: 1 }] });
    await engine.close();
  });

  it("writes what is held when a session ends, and when the engine does", async () => {
    for (const end of ["session", "engine"] as const) {
      const store = memoryStore();
      const kept = new Proxy(store, {
        get: (target, name: keyof typeof store) => {
          if (name === "close") return async () => {};
          return typeof target[name] === "function" ? target[name].bind(target) : target[name];
        },
      });
      const engine = await engineWith({ store: kept });
      const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
      await alice.send("c1", "last");
      await bob.say({ t: "ack", n: 1 });
      if (end === "session") {
        bob.pair.cut();
        await engine.settle();
      } else await engine.close();
      const [access] = await store.access([{ user: "bob", conversation: "c1" }]);
      expect(access?.delivered).toBe(7);
      expect(engine.gauges.watermarks).toBe(0);
      await engine.close();
      expect(engine.clock.pending).toBe(0);
    }
  });

  it("S14: refuses read, unread and typing of what is not the user's, and says of what", async () => {
    const engine = await engineWith();
    const mallory = await engine.join("mallory");
    await mallory.say({ t: "read", c: "c1", seq: 1 }, { t: "unread", c: "c1", on: true }, { t: "typing", c: "c1" });
    await engine.advance(200);
    const about = mallory.of("error").map(({ re, c, code }) => [re, c, code]);
    expect(about.sort()).toEqual(["read", "typing", "unread"].map((re) => [re, "c1", "not_found"]));
    await engine.close();
  });

  it("bounds the conversations of which others are told one by one", async () => {
    const engine = await TestEngine.start();
    const members = Array.from({ length: LIMITS.receiptMembersMax }, (_, index) => `u${index}`);
    await engine.create("alice", "c1", members);
    const [alice, one, two] = [
      await engine.join("alice"),
      await engine.join("u1"),
      await engine.join("u1", { device: "2" }),
    ];
    expect((await subscribe(alice)).watermarks).toEqual([["alice", 1, 1]]);
    await alice.send("c1", "m1");
    await one.say({ t: "read", c: "c1", seq: 2 });
    await engine.advance(200);
    expect([receipts(alice), receipts(one), receipts(two)]).toEqual([[], [["u1", 2, 2]], [["u1", 2, 2]]]);
    await engine.close();
  });
});

// ---- any interleaving

/** A store whose answers to these calls come late: what they tell may be overtaken. */
function answeringLate(
  store: MessageStore,
  clock: ManualClock,
  random: SeededRandom,
  names: readonly (keyof MessageStore)[],
): MessageStore {
  return new Proxy(store, {
    get: (target, name: keyof MessageStore) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const call = value.bind(target) as (...given: unknown[]) => unknown;
      if (!names.includes(name)) return call;
      return async (...given: unknown[]) => {
        const answer = await call(...given);
        await new Promise<void>((resolve) => clock.after(random.below(300), resolve));
        return answer;
      };
    },
  });
}

/** Watches one client's stream: what it is told of each member never falls. */
function follow(client: TestClient, head: () => number): ReadonlyMap<string, readonly [number, number]> {
  const told = new Map<string, readonly [number, number]>();
  const see = (user: string, delivered: number, read: number): void => {
    const [wasDelivered, wasRead] = told.get(user) ?? [0, 0];
    expect(delivered).toBeGreaterThanOrEqual(wasDelivered);
    expect(read).toBeGreaterThanOrEqual(wasRead);
    expect(read).toBeLessThanOrEqual(delivered);
    expect(delivered).toBeLessThanOrEqual(head());
    told.set(user, [delivered, read]);
  };
  for (const frame of client.received as readonly GatewayFrame[]) {
    if (frame.t === "receipt") see(frame.user, frame.delivered, frame.read);
    if (frame.t === "subscribed") for (const [user, delivered, read] of frame.watermarks) see(user, delivered, read);
  }
  return told;
}

describe("ChatEngine: receipts under faults", () => {
  const seeds = Array.from({ length: 25 }, (_, index) => index + 1);

  it.each(seeds)(
    "I14: only rise on every stream, stay at or below the head, and converge to the highest (seed %i)",
    async (seed) => {
      const random = new SeededRandom(seed);
      const clock = new ManualClock();
      const lossy = new Lossy({ clock, random });
      const faults = { failBefore: 0.3, failAfter: 0.3, delay: 0.5, delayMsMax: 400 };
      lossy.on = false;
      const reads = { delay: 0.5, delayMsMax: 300 };
      const late = answeringLate(memoryStore(), clock, random, ["raise", "receipts"]);
      const store = lossy.wrap(late, { raise: faults, receipts: reads, access: reads });
      const engine = await TestEngine.start({ clock, store, seed });
      const users = ["alice", "bob", "carol"];
      await engine.create("alice", "c1", ["bob", "carol"]);
      lossy.on = true;
      const all: TestClient[] = [];
      const clients = await Promise.all(
        users.flatMap((user) => [1, 2].map((device) => engine.join(user, { device: `${user}-${device}` }))),
      );
      all.push(...clients);
      const epoch = (await store.settings("c1")) === null ? "" : await epochOf(engine);
      /** The highest that each user has read or sent. */
      const read = new Map<string, number>(users.map((user) => [user, 1]));
      const delivered = new Map<string, number>(users.map((user) => [user, 1]));
      let head = 1;
      let ids = 0;
      for (let step = 0; step < 120; step++) {
        const index = random.below(clients.length);
        const client = clients[index] as TestClient;
        const user = users[Math.floor(index / 2)] as string;
        const rises = (of: Map<string, number>, seq: number) =>
          of.set(user, Math.max(of.get(user) ?? 0, Math.min(seq, head)));
        switch (random.below(7)) {
          case 0:
            client.pair.send({ t: "send", id: `m${ids++}`, c: "c1", type: "message", body: {} });
            await engine.settle();
            head++;
            rises(read, head);
            rises(delivered, head);
            break;
          case 1:
          case 2: {
            const seq = 1 + random.below(head);
            client.pair.send({ t: "read", c: "c1", seq });
            await engine.settle();
            rises(read, seq);
            rises(delivered, seq);
            break;
          }
          case 3: {
            const written = client.events("c1");
            client.pair.send({ t: "ack", n: written.length });
            await engine.settle();
            rises(delivered, written.at(-1)?.seq ?? 0);
            break;
          }
          case 4:
            client.pair.send({ t: "subscribe", id: `s${ids++}`, c: "c1" });
            break;
          case 5:
            await engine.advance(random.below(700));
            break;
          case 6: {
            // It comes back with what it has.
            const seq = 1 + random.below(head);
            client.pair.cut();
            const again = await engine.join(user, {
              device: `${user}-${(index % 2) + 1}`,
              have: [["c1", epoch, seq, true]],
            });
            clients[index] = again;
            all.push(again);
            await engine.advance(400);
            rises(delivered, seq);
          }
        }
      }
      lossy.on = false;
      await engine.advance(10_000);
      expect(lossy.happened.failBefore + lossy.happened.failAfter).toBeGreaterThan(3);
      const access = await store.access(users.map((user) => ({ user, conversation: "c1" })));
      for (const [index, user] of users.entries()) {
        const known = access[index];
        expect([known?.head, known?.read], user).toEqual([head, read.get(user)]);
        expect(known?.delivered, user).toBe(delivered.get(user));
      }
      const final = new Map(users.map((user, index) => [user, [access[index]?.delivered, access[index]?.read]]));
      for (const client of all) follow(client, () => head);
      // Whoever is there and has ever subscribed was told of everything, without asking again.
      const subscribers = clients.filter((client) => client.of("subscribed").length > 0);
      expect(subscribers.length).toBeGreaterThan(2);
      for (const client of subscribers) expect(follow(client, () => head)).toEqual(final);
      await engine.close();
      expect(clock.pending).toBe(0);
    },
  );
});

async function epochOf(engine: TestEngine): Promise<string> {
  const response = await engine.call("alice", "GET", "/conversations/c1");
  return ((await response.json()) as { epoch: string }).epoch;
}
