import { LIMITS, type TallyFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { encode } from "../codec/encode.ts";
import { HeldLease } from "../held-lease.ts";
import type { Said, Topic } from "../ports/bus.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { changeMembers, conversation, message } from "../testing/conformance/message-store/entries.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import type { Signal } from "./signal.ts";
import { type HeldEvents, Subscriptions } from "./subscriptions.ts";
import { Tallies } from "./tallies.ts";

const MANY = LIMITS.receiptMembersMax + 1;
const LEASE_MS = 15_000;

class Recorder {
  readonly user: string;
  readonly signals: Signal[] = [];

  constructor(user: string) {
    this.user = user;
  }

  signal(signal: Signal): void {
    this.signals.push(signal);
  }

  get told(): readonly unknown[] {
    return this.signals.map(({ frame }) => {
      const { c, tally, online } = JSON.parse(frame.texts[0] ?? "") as TallyFrame;
      return [c, tally, online];
    });
  }
}

/** `c1` has 101 members and two messages, of u0. */
async function storeOf(clock: ManualClock): Promise<MessageStore> {
  const store = memoryStore({ clock });
  await store.open();
  const members = Array.from({ length: MANY }, (_, index) => [`u${index}`, "member"] as const);
  await store.create(conversation("c1", { mode: "pull", members }));
  await store.append([message("c1", "u0", "one"), message("c1", "u0", "two")]);
  return store;
}

/** A node over that store. Nodes hear of each other by what `nodes` have in common. */
function nodeOf(name: string, store: MessageStore, clock: ManualClock, { talliesMax = 10, everyWord = true } = {}) {
  const published: (readonly [readonly Topic[], Said])[] = [];
  const online = { count: 3 };
  const subscriptions: Subscriptions<Recorder, HeldEvents> = new Subscriptions<Recorder, HeldEvents>(
    { subscriptionsMax: 9, subscribingEventsMax: 9 },
    { ended: (c) => tallies.ended(c) },
  );
  const counted: string[] = [];
  const tallies: Tallies<Recorder> = new Tallies<Recorder>({
    store: {
      settings: (c) => store.settings(c),
      tally: (c, limit) => {
        counted.push(c);
        return store.tally(c, limit);
      },
    },
    clock,
    random: new SeededRandom(1),
    logger: silentLogger,
    limits: { tallyEveryMs: 1_000, tallyAnywayMs: 5_000, tallyMessagesMax: 20, talliesMax },
    subscriptions,
    lease: (lease) => new HeldLease({ node: name, store, clock, logger: silentLogger }, lease, LEASE_MS),
    online: async () => online.count,
    encode,
    tellNodes: (topics, said) => {
      if (everyWord) published.push([topics, said]);
    },
  });
  const subscribe = (user: string, c = "c1", members = MANY) => {
    const session = new Recorder(user);
    subscriptions.activate(subscriptions.open(session, c), { epoch: "e1", head: 3 });
    tallies.subscribed(session, c, members);
    return session;
  };
  const said = (kind: Said["kind"]) => published.filter(([, each]) => each.kind === kind);
  return { tallies, subscriptions, subscribe, published, said, online, counted };
}

async function oneNode(options: { talliesMax?: number } = {}) {
  const clock = new ManualClock();
  const store = await storeOf(clock);
  const raise = (user: string, read: number) => store.raise([{ user, conversation: "c1", read }]);
  return { clock, store, raise, ...nodeOf("n1", store, clock, options) };
}

describe("Tallies", () => {
  it("S48: counts a conversation that somebody subscribes to, newest first, and tells subscribers and other nodes", async () => {
    const { clock, subscribe, said } = await oneNode();
    const [alice, bob] = [subscribe("u1"), subscribe("u2")];
    await clock.advance(0);
    const tally = [
      [3, 0, 0],
      [2, 0, 0],
    ];
    expect([alice.told, bob.told]).toEqual([[["c1", tally, 3]], [["c1", tally, 3]]]);
    expect(alice.signals[0]?.frame).toBe(bob.signals[0]?.frame);
    expect(said("tally")).toEqual([[["c:c1"], { kind: "tally", c: "c1", tally, online: 3 }]]);
  });

  it("counts once a second while watermarks rise, and tells no more than has changed", async () => {
    const { clock, tallies, subscribe, raise, counted } = await oneNode();
    const alice = subscribe("u1");
    await clock.advance(0);
    for (let user = 2; user < 22; user++) {
      await raise(`u${user}`, user % 2 === 0 ? 3 : 2);
      tallies.risen("c1");
      await clock.advance(100);
    }
    await clock.advance(1_000);
    expect(counted.length).toBeLessThanOrEqual(4);
    expect(alice.told.at(-1)).toEqual([
      "c1",
      [
        [3, 10, 10],
        [2, 20, 20],
      ],
      3,
    ]);
    const [told, times] = [alice.told.length, counted.length];
    tallies.risen("c1");
    await clock.advance(60_000);
    expect(alice.told.length).toBe(told);
    expect(counted.length - times).toBeLessThanOrEqual(1 + 60 / 5);
  });

  it("counts now and then anyway, so that no lost word is lost for good", async () => {
    const { clock, subscribe, raise, online } = await oneNode();
    const alice = subscribe("u1");
    await clock.advance(0);
    await raise("u2", 3);
    online.count = 4;
    await clock.advance(5_000);
    expect(alice.told.at(-1)).toEqual([
      "c1",
      [
        [3, 1, 1],
        [2, 1, 1],
      ],
      4,
    ]);
  });

  it("tells who subscribes what is known, at once", async () => {
    const { clock, subscribe } = await oneNode();
    const alice = subscribe("u1");
    await clock.advance(0);
    expect(subscribe("u2").told).toEqual(alice.told);
  });

  it("does not count what has few members, nor what nobody here subscribes to, and begins when it grows", async () => {
    const { clock, tallies, subscribe, counted } = await oneNode();
    tallies.risen("c1");
    const alice = subscribe("u1", "c1", MANY - 1);
    await clock.advance(10_000);
    expect([tallies.size, counted, alice.told]).toEqual([0, [], []]);
    tallies.raised("c1");
    await clock.advance(0);
    expect([tallies.size, alice.told.length]).toEqual([1, 1]);
  });

  it("stops when the conversation has few members again, or is no more", async () => {
    const { clock, store, tallies, subscribe } = await oneNode();
    subscribe("u1");
    await clock.advance(0);
    await store.remove("c1", null, []);
    await clock.advance(5_000);
    expect([tallies.size, await store.lease("tally/c1", "n2", 1_000), clock.pending]).toEqual([0, true, 0]);
  });

  it("stops when so many have left that the others are named", async () => {
    const { clock, store, tallies, subscribe, counted } = await oneNode();
    const alice = subscribe("u1");
    await clock.advance(0);
    await changeMembers(store, "c1", "u0", [["u100", null]]);
    await clock.advance(5_000);
    expect([tallies.size, counted.length, alice.told.length, clock.pending]).toEqual([0, 1, 1, 0]);
  });

  it("I25: gives up the lease with the last subscriber, and keeps nothing", async () => {
    const { clock, store, tallies, subscribe, subscriptions } = await oneNode();
    const [alice, bob] = [subscribe("u1"), subscribe("u2")];
    await clock.advance(0);
    subscriptions.leave(alice);
    expect(await store.lease("tally/c1", "n2", 1_000)).toBe(false);
    subscriptions.end(bob, "c1");
    await clock.settle();
    expect(await store.lease("tally/c1", "n2", 1_000)).toBe(true);
    expect([tallies.size, clock.pending]).toEqual([0, 0]);
  });

  it("counts on when the last one comes back at once, whatever order the store answers in", async () => {
    const { clock, tallies, store, subscribe, subscriptions } = await oneNode();
    const lease = store.lease.bind(store);
    store.lease = async (name, node, ttlMs) => {
      if (ttlMs === 0) await new Promise((resolve) => setImmediate(resolve));
      return lease(name, node, ttlMs);
    };
    const alice = subscribe("u1");
    await clock.advance(0);
    subscriptions.leave(alice);
    const again = subscribe("u1");
    await clock.advance(1);
    expect([tallies.size, again.told.length, await store.lease("tally/c1", "n2", 1_000)]).toEqual([1, 1, false]);
  });

  it("lets go of a lease that comes when nobody waits for it any longer", async () => {
    const { clock, store, tallies, subscribe, subscriptions } = await oneNode();
    const alice = subscribe("u1");
    const firing = clock.advance(0);
    subscriptions.leave(alice);
    await firing;
    await clock.settle();
    expect([tallies.size, await store.lease("tally/c1", "n2", 1_000), clock.pending]).toEqual([0, true, 0]);
  });

  it("S48: looks at no more conversations than it may, and counts the others", async () => {
    const { clock, tallies, subscribe, counted } = await oneNode({ talliesMax: 1 });
    subscribe("u1");
    const beyond = subscribe("u1", "c2");
    await clock.advance(10_000);
    tallies.heard({ c: "c2", tally: [[1, 1, 1]], online: 1 });
    expect([tallies.size, new Set(counted), beyond.told]).toEqual([1, new Set(["c1"]), []]);
  });

  it("counts again where the store could not answer", async () => {
    const { clock, store, tallies, subscribe } = await oneNode();
    const { settings } = store;
    store.settings = () => Promise.reject(new Error("down"));
    const alice = subscribe("u1");
    await clock.advance(2_000);
    expect(alice.told).toEqual([]);
    store.settings = settings;
    await clock.advance(1_000);
    expect([alice.told.length, tallies.size]).toEqual([1, 1]);
  });
});

describe("Tallies of two nodes", () => {
  async function twoNodes() {
    const clock = new ManualClock();
    const store = await storeOf(clock);
    const [one, two] = [nodeOf("n1", store, clock), nodeOf("n2", store, clock)];
    /** Hands on what the nodes have said since, but for words of `lost`. */
    const carry = async (...lost: readonly Said["kind"][]) => {
      await clock.settle();
      for (const [from, to] of [
        [one, two],
        [two, one],
      ] as const) {
        for (const [, said] of from.published.splice(0)) {
          if (lost.includes(said.kind)) continue;
          if (said.kind === "tally") to.tallies.heard(said);
          if (said.kind === "raised") to.tallies.raised(said.c);
        }
      }
    };
    return { clock, store, one, two, carry };
  }

  it("one of them counts, and the subscribers of both are told", async () => {
    const { clock, store, one, two, carry } = await twoNodes();
    const [alice, bob] = [one.subscribe("u1"), two.subscribe("u2")];
    await clock.advance(0);
    await carry();
    expect([one.counted.length, two.counted.length]).toEqual([1, 0]);
    expect(bob.told).toEqual(alice.told);
    // What was raised on the one that does not count reaches the one that does.
    await store.raise([{ user: "u9", conversation: "c1", read: 3 }]);
    two.tallies.risen("c1");
    await carry();
    await clock.advance(1_000);
    await carry();
    expect(bob.told.at(-1)).toEqual(alice.told.at(-1));
    expect(bob.told).toHaveLength(2);
  });

  it("the one that counts tells of it now and then though nothing changes, for who came since on another node", async () => {
    const { clock, one, two, carry } = await twoNodes();
    const alice = one.subscribe("u1");
    await clock.advance(0);
    await carry();
    const bob = two.subscribe("u2");
    for (let second = 0; second < 6; second++) {
      await clock.advance(1_000);
      await carry();
    }
    expect([alice.told.length, bob.told]).toEqual([1, alice.told]);
  });

  it("one counts within the lease and a try when the one that did is dead", async () => {
    const { clock, store, two } = await twoNodes();
    await store.lease("tally/c1", "dead", LEASE_MS);
    const bob = two.subscribe("u2");
    await clock.advance(LEASE_MS - 1);
    expect(bob.told).toEqual([]);
    await clock.advance(6_001);
    expect(bob.told).toHaveLength(1);
  });

  it("I22: a node that leaves lets another count at its next try, and still tells its own", async () => {
    const { clock, one, two, carry } = await twoNodes();
    const alice = one.subscribe("u1");
    two.subscribe("u2");
    await clock.advance(0);
    await carry();
    await one.tallies.leave();
    two.online.count = 9;
    await clock.advance(6_000);
    await carry();
    expect([one.counted.length, two.counted.length > 0, (alice.told.at(-1) as unknown[])[2]]).toEqual([1, true, 9]);
    await Promise.all([one.tallies.close(), two.tallies.close()]);
    expect(clock.pending).toBe(0);
  });
});
