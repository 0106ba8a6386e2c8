import { CLOSE, type EventRow, LIMITS, type MemberBody } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { memoryStore } from "./store/memory-message-store.ts";
import { Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import type { TestClient } from "./testing/test-client.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

/** Members beside those that a test names: more make a conversation `pull`. */
const CROWD = Array.from({ length: LIMITS.pushMembersMax }, (_, index) => `u${index}`);

async function channel(options: TestEngineOptions = {}): Promise<TestEngine> {
  const engine = await TestEngine.start(options);
  expect(await engine.create("alice", "c1", ["bob", "carol", ...CROWD])).toMatchObject({ mode: "pull" });
  return engine;
}

const subscribe = (client: TestClient, id = "s1", c = "c1") => client.ask({ t: "subscribe", id, c }, "subscribed");
const seqs = (client: TestClient, c = "c1") => client.events(c).map(({ seq }) => seq);
const types = (client: TestClient) => client.received.slice(1).map(({ t }) => t);

describe("ChatEngine: pull conversations", () => {
  it("give events to subscribers, until they unsubscribe, and no member list is read", async () => {
    const store = memoryStore();
    const members: number[] = [];
    const counted = new Proxy(store, {
      get: (target, name: keyof typeof store) => {
        if (name === "members") members.push(members.length);
        return typeof target[name] === "function" ? target[name].bind(target) : target[name];
      },
    });
    const engine = await channel({ store: counted });
    const [alice, bob, carol] = [await engine.join("alice"), await engine.join("bob"), await engine.join("carol")];
    expect(await subscribe(bob)).toMatchObject({ mode: "pull", head: 1, members: 67 });
    members.length = 0;
    await alice.send("c1", "m1");
    await bob.ask({ t: "unsubscribe", id: "u1", c: "c1" }, "unsubscribed");
    await alice.send("c1", "m2");
    expect([seqs(alice), seqs(bob), seqs(carol), members]).toEqual([[], [2], [], []]);
    await engine.close();
  });

  it("are known again after a restart, by one reading of their settings", async () => {
    const store = memoryStore();
    const kept = new Proxy(store, {
      get: (target, name: keyof typeof store) => {
        if (name === "close" || name === "open") return async () => {};
        return typeof target[name] === "function" ? target[name].bind(target) : target[name];
      },
    });
    await store.open();
    const first = await channel({ store: kept });
    await first.close();
    const engine = await TestEngine.start({ store: kept });
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    await alice.send("c1", "m1");
    await subscribe(alice);
    await alice.send("c1", "m2");
    expect(seqs(bob)).toEqual([]);
    await engine.close();
  });

  it("come back by have with true: a page, subscribed, and what follows", async () => {
    const engine = await channel();
    const alice = await engine.join("alice");
    const { epoch } = await alice.send("c1", "m1");
    const bob = await engine.join("bob", { have: [["c1", epoch, 1, true]] });
    await alice.send("c1", "m2");
    expect(types(bob).sort()).toEqual(["event", "events", "subscribed"]);
    expect(bob.of("subscribed")[0]).not.toHaveProperty("id");
    expect(seqs(bob)).toEqual([3]);
    await engine.close();
  });

  it("S45: refuse a subscription over the bound, by frame and by cursor, and keep the pages", async () => {
    const engine = await TestEngine.start({ limits: { subscriptionsMax: 1 } });
    for (const c of ["c1", "c2"]) await engine.create("alice", c);
    const alice = await engine.join("alice");
    await subscribe(alice);
    await expect(subscribe(alice, "s2", "c2")).rejects.toThrow("too_large");
    await alice.say({ t: "have", have: [["c2", "old", 1, true]] });
    expect(alice.of("error").at(-1)).toMatchObject({ re: "have", code: "too_large" });
    expect(alice.of("events")).toMatchObject([{ c: "c2", reset: true }]);
    await engine.close();
  });

  it("I25: keep nothing of sessions that have ended, also while they subscribe", async () => {
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(1) });
    const store = lossy.wrap(memoryStore(), { access: { delay: 1, delayMsMax: 100 } });
    lossy.on = false;
    const engine = await channel({ clock, store });
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    await subscribe(alice);
    lossy.on = true;
    await bob.say({ t: "subscribe", id: "s1", c: "c1" });
    expect(engine.gauges.subscriptions).toBe(2);
    bob.pair.cut();
    alice.pair.cut();
    await engine.settle();
    expect(engine.gauges.subscriptions).toBe(0);
    await engine.advance(1_000);
    expect(engine.gauges.subscriptions).toBe(0);
    await engine.close();
  });
});

describe("ChatEngine: typing", () => {
  it("is told to the other subscribers at most every 3 s, dropped without a word in between", async () => {
    const engine = await TestEngine.start();
    await engine.create("alice", "c1", ["bob", ["rita", "reader"]]);
    const [alice, desk, bob, rita] = [
      await engine.join("alice"),
      await engine.join("alice", { device: "alice-2" }),
      await engine.join("bob"),
      await engine.join("rita"),
    ];
    for (const client of [alice, desk, bob]) await subscribe(client);
    for (let ms = 0; ms < 6_000; ms += 500) {
      await alice.say({ t: "typing", c: "c1" });
      await engine.advance(500);
    }
    expect(bob.of("typing")).toEqual(Array(2).fill({ t: "typing", c: "c1", user: "alice" }));
    expect([alice, desk, rita].map((client) => client.of("typing"))).toEqual([[], [], []]);
    expect(alice.of("error")).toEqual([]);
    await rita.say({ t: "typing", c: "c1" }, { t: "typing", c: "c1" });
    expect(rita.of("error").map(({ re, code }) => [re, code])).toContainEqual(["typing", "forbidden"]);
    // Never counted, never stored.
    await bob.say({ t: "ping", n: 0 });
    expect(bob.of("pong")).toMatchObject([{ n: 0 }]);
    expect(await bob.ask({ t: "fetch", id: "f1", c: "c1", after: 0 }, "events")).toMatchObject({ to: 1 });
    await engine.close();
  });

  it("is counted above the receipt limit", async () => {
    const engine = await TestEngine.start();
    await engine.create(
      "alice",
      "c1",
      Array.from({ length: LIMITS.receiptMembersMax }, (_, index) => `u${index}`),
    );
    const [alice, ...typists] = await Promise.all(["alice", "u1", "u2", "u3"].map((user) => engine.join(user)));
    if (alice === undefined) throw new Error("nobody is there");
    await subscribe(alice);
    for (const typist of typists) await typist.say({ t: "typing", c: "c1" });
    await engine.advance(1_000);
    expect(alice.of("typing")).toEqual([{ t: "typing", c: "c1", count: 3 }]);
    await engine.close();
    expect(engine.clock.pending).toBe(0);
  });
});

describe("ChatEngine: deletes", () => {
  it("leave no body in what is kept in memory: not the message's, nor its edits'", async () => {
    const engine = await TestEngine.start();
    await engine.create("alice", "c1", ["bob"]);
    const alice = await engine.join("alice");
    const { epoch } = await alice.send("c1", "m1", "secret");
    await alice.ask({ t: "send", id: "e1", c: "c1", type: "edit", re: 2, body: { text: "secret too" } }, "sent");
    await alice.ask({ t: "send", id: "d1", c: "c1", type: "delete", re: 2 }, "sent");
    const bob = await engine.join("bob", { have: [["c1", epoch, 1]] });
    const [page] = bob.of("events");
    expect(JSON.stringify(page)).not.toContain("secret");
    expect(page).toMatchObject({
      from: 2,
      to: 4,
      events: [
        { seq: 2, type: "message", deleted: true },
        { seq: 3, type: "edit", deleted: true },
        { seq: 4, type: "delete", re: 2 },
      ],
    });
    await engine.close();
  });
});

describe("ChatEngine: how a session ends", () => {
  it("tells a goodbye from a lost connection", async () => {
    const ends: readonly (readonly [(client: TestClient) => unknown, number | null])[] = [
      [(client) => client.say({ t: "bye" }), CLOSE.normal.code],
      [(client) => client.pair.close(), CLOSE.normal.code],
      [(client) => client.pair.cut(), CLOSE.abnormal.code],
    ];
    for (const [end, code] of ends) {
      const engine = await TestEngine.start();
      await engine.create("alice", "c1", ["bob"]);
      const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
      await alice.ask({ t: "subscribe", id: "p1", c: "c1", users: ["bob"] }, "presence");
      end(bob);
      await engine.advance(8_000);
      expect(bob.closedWith).toBe(code);
      const offline = alice.of("presence").some(({ users }) => users.some(({ status }) => status === "offline"));
      expect(offline).toBe(code === CLOSE.normal.code);
      await engine.close();
    }
  });
});

// ---- any interleaving

interface Step {
  readonly what: "send" | "join" | "remove" | "subscribe" | "unsubscribe" | "reconnect" | "type" | "read" | "wait";
  readonly user: string;
}

const WEIGHTS: readonly Step["what"][] = [
  "send",
  "send",
  "send",
  "remove",
  "join",
  "join",
  "subscribe",
  "subscribe",
  "unsubscribe",
  "reconnect",
  "type",
  "read",
  "wait",
];

describe("ChatEngine: membership under any interleaving", () => {
  const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

  it.each((["push", "pull"] as const).flatMap((mode) => seeds.map((seed) => ({ mode, seed }))))(
    "I17, I7: nobody gets what they are no member at, and subscribers miss nothing ($mode, seed $seed)",
    async ({ mode, seed }) => {
      const random = new SeededRandom(seed);
      const clock = new ManualClock();
      const lossy = new Lossy({ clock, random });
      lossy.on = false;
      const slow = { delay: 0.6, delayMsMax: 40 };
      const store = lossy.wrap(memoryStore(), {
        access: slow,
        append: slow,
        members: slow,
        settings: slow,
        receipts: slow,
      });
      const engine = await TestEngine.start({ clock, store, seed });
      await engine.create("alice", "c1", ["bob", "carol", ...(mode === "pull" ? CROWD : [])]);
      const { epoch } = (await store.access([{ user: "alice", conversation: "c1" }]))[0] ?? { epoch: "" };
      lossy.on = true;
      const users = ["bob", "carol", "dave"];
      const sessions: { readonly user: string; readonly client: TestClient }[] = [];
      const current = new Map<string, TestClient>();
      const enter = (user: string, have?: boolean) => {
        const client = engine.connect();
        const cursors = have ? { have: [["c1", epoch, 1, true] as const] } : {};
        client.pair.send({ t: "hello", v: 1, token: user, device: `${user}-1`, ...cursors });
        sessions.push({ user, client });
        current.set(user, client);
      };
      for (const user of ["alice", ...users]) enter(user);
      await engine.advance(50);
      const calls: Promise<Response>[] = [];
      const call = (method: string, path: string, body?: unknown) => {
        const init = body === undefined ? {} : { body: JSON.stringify(body) };
        const headers = { authorization: "Bearer alice" };
        calls.push(engine.chat.fetch(new Request(`http://test${path}`, { method, headers, ...init })));
      };
      for (let step = 0; step < 150; step++) {
        const what = WEIGHTS[random.below(WEIGHTS.length)] as Step["what"];
        const user = users[random.below(users.length)] as string;
        const client = current.get(user) as TestClient;
        if (what === "send") {
          current.get("alice")?.pair.send({ t: "send", id: `m${step}`, c: "c1", type: "message", body: {} });
        } else if (what === "join") call("PUT", `/conversations/c1/members/${user}`, { role: "member" });
        else if (what === "remove") call("DELETE", `/conversations/c1/members/${user}`);
        else if (what === "subscribe") client.pair.send({ t: "subscribe", id: `s${step}`, c: "c1" });
        else if (what === "unsubscribe") client.pair.send({ t: "unsubscribe", id: `u${step}`, c: "c1" });
        else if (what === "type") client.pair.send({ t: "typing", c: "c1" });
        else if (what === "read") client.pair.send({ t: "read", c: "c1", seq: step });
        else if (what === "reconnect") {
          client.pair.cut();
          enter(user, random.float() < 0.5);
        }
        if (random.float() < 0.6) await engine.advance(random.below(30));
        else await engine.settle();
      }
      lossy.on = false;
      await engine.advance(5_000);
      await engine.whileSettling(Promise.all(calls));

      const page = await store.range({ conversation: "c1", view: "log", from: "oldest", rows: 10_000, bytes: 1e9 });
      const log = page?.rows ?? [];
      let removals = 0;
      for (const { user, client } of sessions) {
        const may = membershipOf(user, log);
        for (const seq of seqs(client)) expect(may(seq), `${user} got ${seq}`).toBe(true);
        expect(seqs(client)).toEqual([...new Set(seqs(client))]);
        removals += check(client, user, mode, log.length);
      }
      expect(removals).toBeGreaterThan(0);
      await engine.close();
      expect([clock.pending, engine.gauges.subscriptions]).toEqual([0, 0]);
    },
  );
});

/** Whether the user is a member at a seq, their own removal included, as the log tells. */
function membershipOf(user: string, log: readonly EventRow[]): (seq: number) => boolean {
  const member = new Set<number>();
  let inside = false;
  for (const row of log) {
    const named = new Map((row.body as MemberBody | undefined)?.members ?? []).get(user);
    if (inside || named) member.add(row.seq);
    if (named !== undefined) inside = named !== null;
  }
  return (seq) => member.has(seq);
}

/** Walks one client's stream in order; how often it was told gone. */
function check(client: TestClient, user: string, mode: "push" | "pull", head: number): number {
  let gone = 0;
  let out = false;
  /** The next seq that a subscriber of a pull conversation is due; null: none. */
  let due: number | null = null;
  for (const frame of client.received) {
    if (frame.t === "events" && "gone" in frame) {
      gone++;
      out = true;
      due = null;
    } else if (frame.t === "event") {
      const named = new Map((frame.body as MemberBody | undefined)?.members ?? []).get(user);
      if (out)
        expect(frame.type === "member" && named !== undefined, `after gone: ${JSON.stringify(frame)}`).toBe(true);
      if (named) out = false;
      if (due !== null && mode === "pull") {
        expect(frame.seq).toBe(due);
        due = frame.seq + 1;
      }
    } else if (frame.t === "subscribed") {
      out = false;
      due ??= frame.head + 1;
    } else if (frame.t === "unsubscribed") due = null;
    else if (frame.t === "typing" || frame.t === "receipt") {
      const own = frame.t === "receipt" && frame.user === user;
      if (!own) expect(out, `after gone: ${JSON.stringify(frame)}`).toBe(false);
    }
  }
  if (due !== null && mode === "pull" && client.closedWith === null) expect(due).toBe(head + 1);
  return gone;
}
