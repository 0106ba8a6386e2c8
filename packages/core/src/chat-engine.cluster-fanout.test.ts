import { LIMITS, type TallyFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { membersPolicy } from "./fanout/fanout-policy.ts";
import type { MessageStore } from "./ports/message-store.ts";
import { conversation, message } from "./testing/conformance/message-store/entries.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import type { TestClient } from "./testing/test-client.ts";
import { TestCluster, type TestClusterOptions } from "./testing/test-cluster.ts";
import { TestEngine } from "./testing/test-engine.ts";

async function scene(options: TestClusterOptions = {}) {
  const cluster = await TestCluster.start(2, options);
  const [one, two] = cluster.engines as [TestEngine, TestEngine];
  return { cluster, one, two };
}
const subscribe = (client: TestClient, c = "c1", id = "s1") => client.ask({ t: "subscribe", id, c }, "subscribed");
const seqs = (client: TestClient, c = "c1") => client.events(c).map(({ seq }) => seq);
/** [user, delivered, read] of the receipts it was told, in order. */
const receipts = (client: TestClient) =>
  client.of("receipt").map(({ user, delivered, read }) => [user, delivered, read] as const);
const tallies = (client: TestClient) => client.of("tally").map(({ tally, online }) => ({ tally, online }));

describe("ChatEngine: receipts across nodes", () => {
  it("I14: reach subscribers and the user's own sessions on every node, and nobody else", async () => {
    const { cluster, one, two } = await scene();
    await one.create("alice", "c1", ["bob", "carol"]);
    const [alice, desk] = [await one.join("alice"), await two.join("alice", { device: "desk" })];
    const [bob, carol] = [await two.join("bob"), await two.join("carol")];
    await subscribe(bob);
    await bob.send("c1", "m1");
    await alice.say({ t: "read", c: "c1", seq: 2 });
    await cluster.advance(1_000);
    expect(receipts(bob)).toContainEqual(["alice", 2, 2]);
    for (const own of [alice, desk]) expect(receipts(own)).toEqual([["alice", 2, 2]]);
    expect(receipts(carol)).toEqual([]);
    await cluster.close();
  });

  it("tell of a sender whom nobody listens to on the node that took the message", async () => {
    const { cluster, one, two } = await scene();
    await one.create("alice", "c1", ["bob"]);
    const [alice, bob] = [await one.join("alice"), await two.join("bob")];
    await subscribe(bob);
    await alice.send("c1", "m1");
    await cluster.advance(1_000);
    expect(receipts(bob)).toEqual([["alice", 2, 2]]);
    await cluster.close();
  });

  it("I14, I26: that were lost with the bus are told when it is back", async () => {
    const { cluster, one, two } = await scene();
    await one.create("alice", "c1", ["bob"]);
    const [alice, bob] = [await one.join("alice"), await two.join("bob")];
    await subscribe(bob);
    await alice.send("c1", "m1");
    await cluster.advance(1_000);
    await bob.send("c1", "m2");
    cluster.lossy.on = true;
    await alice.say({ t: "read", c: "c1", seq: 3 });
    await cluster.advance(1_000);
    expect(receipts(bob).findLast(([of]) => of === "alice")).toEqual(["alice", 2, 2]);
    cluster.lossy.on = false;
    cluster.hub.interrupt();
    await cluster.advance(1_000);
    expect(receipts(bob).findLast(([of]) => of === "alice")).toEqual(["alice", 3, 3]);
    await cluster.close();
  });

  it.each([1, 2, 3, 4, 5])(
    "I14: only rise on every stream and converge, whatever the bus does to their order (seed %i)",
    async (seed) => {
      const random = new SeededRandom(seed);
      const { cluster, one, two } = await scene({
        seed,
        faults: { drop: 0.2, duplicate: 0.2, delay: 0.5, delayMsMax: 2_000 },
      });
      await one.create("alice", "c1", ["bob", "carol"]);
      const all = new Map<string, TestClient[]>();
      for (const user of ["alice", "bob", "carol"]) {
        all.set(user, [await one.join(user), await two.join(user, { device: "desk" })]);
      }
      const sessions = [...all.values()].flat();
      for (const session of sessions) if (random.float() < 0.7) await subscribe(session);
      cluster.lossy.on = true;
      let head = 1;
      for (let step = 0; step < 60; step++) {
        const own = [...all.values()][Math.floor(random.float() * 3)] ?? [];
        const session = own[Math.floor(random.float() * 2)] as TestClient;
        if (random.float() < 0.3) {
          head = (await session.send("c1", `m${step}`)).seq;
        } else {
          const seq = 1 + Math.floor(random.float() * head);
          await session.say({ t: "read", c: "c1", seq });
        }
        await cluster.advance(random.float() * 150);
      }
      cluster.lossy.on = false;
      await cluster.advance(3_000);
      expect(Math.min(...Object.values(cluster.lossy.happened).filter((times) => times > 0))).toBeGreaterThan(1);
      // The next word on each, now that the bus is well.
      head = (await sessions[0]?.send("c1", "last"))?.seq ?? 0;
      for (const own of all.values()) await own[1]?.say({ t: "read", c: "c1", seq: head });
      await cluster.advance(3_000);
      for (const [user, own] of all) {
        const last = own.map((session) => receipts(session).findLast(([of]) => of === user));
        expect(last).toEqual([
          [user, head, head],
          [user, head, head],
        ]);
      }
      for (const session of sessions) {
        for (const user of all.keys()) {
          const told = receipts(session).filter(([of]) => of === user);
          for (const [at, [, delivered, read]] of told.entries()) {
            expect(read).toBeLessThanOrEqual(delivered);
            expect(delivered).toBeLessThanOrEqual(head);
            const before = told[at - 1];
            expect(before === undefined || (before[1] <= delivered && before[2] <= read)).toBe(true);
          }
        }
      }
      await cluster.close();
    },
  );
});

describe("ChatEngine: typing across nodes", () => {
  it("I20: is told by name to the other subscribers on every node, once", async () => {
    const { cluster, one, two } = await scene();
    await one.create("alice", "c1", ["bob", "carol"]);
    const [alice, desk] = [await one.join("alice"), await two.join("alice", { device: "desk" })];
    const [bob, carol] = [await two.join("bob"), await one.join("carol")];
    for (const session of [alice, desk, bob, carol]) await subscribe(session);
    await alice.say({ t: "typing", c: "c1" });
    await cluster.advance(6_000);
    expect([bob, carol].map((session) => session.of("typing"))).toEqual([
      [{ t: "typing", c: "c1", user: "alice" }],
      [{ t: "typing", c: "c1", user: "alice" }],
    ]);
    expect([alice.of("typing"), desk.of("typing")]).toEqual([[], []]);
    await cluster.close();
  });

  it("S48: is counted over all nodes where there are many", async () => {
    const { cluster, one, two } = await scene();
    const crowd = Array.from({ length: LIMITS.receiptMembersMax }, (_, index) => `u${index}`);
    await one.create("alice", "c1", ["bob", ...crowd]);
    const [alice, bob, third] = [await one.join("alice"), await two.join("bob"), await two.join("u1")];
    for (const session of [alice, bob, third]) await subscribe(session);
    for (const session of [alice, bob]) await session.say({ t: "typing", c: "c1" });
    await cluster.advance(1_500);
    expect(third.of("typing").at(-1)).toEqual({ t: "typing", c: "c1", count: 2 });
    expect(alice.of("typing").at(-1)).toEqual({ t: "typing", c: "c1", count: 1 });
    await cluster.close();
  });

  it("S14: is not told to who is on another node and has blocked the typist", async () => {
    const { cluster, one, two } = await scene();
    const made = await one.call("alice", "POST", "/conversations", { kind: "direct", members: ["bob"] });
    const { c } = (await made.json()) as { c: string };
    const [alice, bob] = [await one.join("alice"), await two.join("bob")];
    for (const session of [alice, bob]) await subscribe(session, c);
    await alice.say({ t: "typing", c });
    await cluster.advance(3_500);
    expect(bob.of("typing")).toHaveLength(1);
    await two.call("bob", "PUT", "/blocks/alice");
    await alice.say({ t: "typing", c });
    await cluster.advance(1_000);
    expect(bob.of("typing")).toHaveLength(1);
    await cluster.close();
  });
});

describe("ChatEngine: who is online across nodes", () => {
  it("counts members on every node in subscribed, each once", async () => {
    const { cluster, one, two } = await scene();
    await one.create("alice", "c1", ["bob", "carol", "dave"]);
    const alice = await one.join("alice");
    await two.join("alice", { device: "desk" });
    await two.join("bob");
    await two.join("stranger");
    await cluster.advance(1_000);
    expect((await subscribe(alice)).online).toBe(2);
    await cluster.close();
  });
});

const MEMBERS = 10_000;

/** `c1` has 10,000 members, and twenty-five messages of the first. */
async function fill(store: MessageStore): Promise<void> {
  const members = Array.from({ length: MEMBERS }, (_, index) => [`u${index}`, "member"] as const);
  await store.create(conversation("c1", { mode: "pull", members }));
  await store.append(Array.from({ length: 25 }, (_, index) => message("c1", "u0", `${index}`)));
}

/** What the members' watermarks come to, the newest twenty messages first. */
function modelOf(marks: readonly { delivered: number; read: number }[], newest = 26): TallyFrame["tally"] {
  return Array.from({ length: 20 }, (_, index) => {
    const seq = newest - index;
    // Who wrote it is not counted: the 27th is the second's, the others are the first's.
    const others = marks.filter((__, user) => user !== (seq > 26 ? 1 : 0));
    return [seq, others.filter((m) => m.delivered >= seq).length, others.filter((m) => m.read >= seq).length];
  });
}

describe("ChatEngine: tallies of 10,000 members", () => {
  it("S48: equal the truth in the end on every node, though words are lost, by one node's count, and are taken over when it dies", async () => {
    const random = new SeededRandom(7);
    const cluster = await TestCluster.start(0);
    const { clock } = cluster;
    let counts = 0;
    let cutOff = false;
    const { tally, lease } = cluster.store;
    cluster.store.tally = (...given) => {
      counts++;
      return tally.apply(cluster.store, given);
    };
    cluster.store.lease = (name, node, ttlMs) =>
      cutOff && node === "n1" ? Promise.reject(new Error("cut off")) : lease.call(cluster.store, name, node, ttlMs);
    const mute = cluster.mute();
    const one = await cluster.add(mute);
    const two = await cluster.add();
    await fill(cluster.store);
    const marks = Array.from({ length: MEMBERS }, (_, index) => ({
      delivered: index === 0 ? 26 : 1,
      read: index === 0 ? 26 : 1,
    }));
    const [first, second] = [await one.join("u1"), await two.join("u2")];
    await subscribe(first);
    await subscribe(second);
    await cluster.advance(6_000);
    expect([first, second].map((session) => tallies(session).at(-1)?.tally)).toEqual([modelOf(marks), modelOf(marks)]);

    // Members read over both nodes; one word in three is lost.
    cluster.lossy.on = true;
    const raise = async (times: number) => {
      const actors = [one.chat, two.chat];
      for (let time = 0; time < times; time++) {
        const user = Math.floor(random.float() * MEMBERS);
        const seq = 2 + Math.floor(random.float() * 25);
        const mark = marks[user] as { delivered: number; read: number };
        const chat = actors[time % 2] as (typeof actors)[number];
        void chat
          .as(`u${user}`)
          .conversation("c1")
          .read(seq)
          .catch(() => {});
        mark.read = Math.max(mark.read, seq);
        mark.delivered = Math.max(mark.delivered, mark.read);
        if (time % 50 === 0) await cluster.advance(300);
      }
    };
    counts = 0;
    const from = clock.monotonic();
    await raise(1_000);
    await cluster.advance(2_000);
    // At most once a second, on whichever node.
    expect(counts).toBeLessThanOrEqual((clock.monotonic() - from) / 1_000 + 2);
    cluster.lossy.on = false;
    await cluster.advance(6_000);
    const truth = modelOf(marks);
    expect([first, second].map((session) => tallies(session).at(-1)?.tally)).toEqual([truth, truth]);
    for (const session of [first, second]) {
      const told = session.of("tally");
      expect(told.every((frame, at) => at === 0 || JSON.stringify(frame) !== JSON.stringify(told[at - 1]))).toBe(true);
    }
    // Who comes later is told at once.
    const late = await two.join("u3");
    await subscribe(late);
    expect(tallies(late).at(-1)?.tally).toEqual(truth);

    // A new message is counted within the second, by word of the event alone.
    const { seq } = await first.send("c1", "new");
    await cluster.advance(1_200);
    expect(tallies(late).at(-1)?.tally[0]).toEqual([seq, 0, 0]);
    Object.assign(marks[1] as object, { delivered: seq, read: seq });

    // The one that counts is heard no more, and its lease it cannot renew either.
    expect(await lease.call(cluster.store, "tally/c1", one.chat.node, 15_000)).toBe(true);
    mute.on = true;
    cutOff = true;
    void two.chat.as("u5000").conversation("c1").read(26);
    Object.assign(marks[5_000] as object, { delivered: 26, read: 26 });
    await second.say({ t: "ping", n: 0 });
    await cluster.advance(15_000 + 6_000);
    expect(tallies(second).at(-1)?.tally).toEqual(modelOf(marks, seq));
    cutOff = false;
    await cluster.close();
  }, 60_000);
});

describe("ChatEngine: tallies on a gateway alone", () => {
  it("S48: a new message is counted within the second, by word of the event", async () => {
    const engine = await TestEngine.start();
    const crowd = Array.from({ length: LIMITS.receiptMembersMax }, (_, index) => `u${index}`);
    await engine.create("alice", "c1", crowd);
    const [alice, reader] = [await engine.join("alice"), await engine.join("u1")];
    await subscribe(reader);
    await engine.advance(100);
    const { seq } = await alice.send("c1", "m1");
    await engine.advance(1_200);
    expect(tallies(reader).at(-1)).toEqual({ tally: [[seq, 0, 0]], online: 2 });
    await engine.close();
  });
});

describe("ChatEngine: a conversation that switches while both nodes write", () => {
  it.each([1, 2, 3, 4, 5, 6])("I7, I8: nobody skips or doubles, in both directions (seed %i)", async (seed) => {
    const random = new SeededRandom(seed);
    const { cluster, one, two } = await scene({ seed, fanout: membersPolicy({ pullAbove: 6, pushBelow: 5 }) });
    await one.create("alice", "c1", ["bob", "carol", "dave"]);
    const [alice, bob] = [await one.join("alice"), await two.join("bob")];
    const [carol, dave] = [await one.join("carol"), await two.join("dave")];
    // carol and dave look at it, alice and bob do not.
    for (const session of [carol, dave]) await subscribe(session);
    const sent = new Map<TestClient, number[]>([alice, bob, carol, dave].map((client) => [client, []]));
    const pending: Promise<unknown>[] = [];
    let number = 0;
    for (let step = 0; step < 40; step++) {
      const client = [alice, bob, carol, dave][Math.floor(random.float() * 4)] as TestClient;
      client.pair.send({ t: "send", id: `m${number++}`, c: "c1", type: "message", body: {} });
      if (step % 5 === 2) {
        const engine = random.float() < 0.5 ? one : two;
        const extra = ["x1", "x2", "x3", "x4"];
        const joins = step % 10 === 2;
        const members = extra.map((user) => [user, joins ? "member" : null] as const);
        pending.push(engine.chat.as("alice").conversation("c1").setMembers(members));
      }
      if (random.float() < 0.6) await cluster.clock.settle();
    }
    await cluster.advance(2_000);
    await Promise.all(pending);
    const log = await cluster.store.range({ conversation: "c1", view: "log", from: "oldest", rows: 500, bytes: 1e9 });
    const rows = log?.rows ?? [];
    const switches = rows.filter(({ seq, type, body }) => seq > 1 && type === "meta" && body?.["mode"] !== undefined);
    expect(switches.map(({ body }) => body?.["mode"])).toEqual([
      "pull",
      "push",
      "pull",
      "push",
      "pull",
      "push",
      "pull",
      "push",
    ]);
    for (const [client] of sent) {
      const own = client.of("sent").map(({ seq }) => seq);
      const told = seqs(client);
      expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
      expect(told.filter((seq) => own.includes(seq))).toEqual([]);
      let mode = "push";
      const due = rows.filter(({ seq, type, body, from }) => {
        if (seq === 1) return false;
        const before = mode;
        const to = type === "meta" ? body?.["mode"] : undefined;
        if (to !== undefined) mode = to as string;
        const looks = client === carol || client === dave;
        return (before === "push" || to !== undefined || looks) && !(own.includes(seq) && from !== "system");
      });
      expect(told).toEqual(due.map(({ seq }) => seq));
    }
    await cluster.close();
  });

  it("two nodes that cross the bound at once switch it once, and the next change makes good what was not done", async () => {
    const { cluster, one, two } = await scene({ fanout: membersPolicy({ pullAbove: 3, pushBelow: 3 }) });
    await one.create("alice", "c1", ["bob", "carol"]);
    await one.call("alice", "PATCH", "/conversations/c1", { open: true });
    const joins = [
      one.call("u1", "PUT", "/conversations/c1/members/me", {}),
      two.call("u2", "PUT", "/conversations/c1/members/me", {}),
    ];
    await Promise.all(joins);
    const log = await cluster.store.range({ conversation: "c1", view: "log", from: "oldest", rows: 500, bytes: 1e9 });
    expect(log?.rows.filter(({ seq, body }) => seq > 1 && body?.["mode"] !== undefined)).toHaveLength(1);
    await cluster.close();
  });
});
