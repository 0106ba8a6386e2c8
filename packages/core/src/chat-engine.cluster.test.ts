import { CLOSE, LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { MemoryBusHub, memoryBus } from "./bus/memory-bus.ts";
import type { Bus } from "./ports/bus.ts";
import type { FanoutPolicy } from "./ports/fanout-policy.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { conversation, message } from "./testing/conformance/message-store/entries.ts";
import type { TestClient } from "./testing/test-client.ts";
import { TestCluster, type TestClusterOptions } from "./testing/test-cluster.ts";
import { TestEngine } from "./testing/test-engine.ts";

/** Members beside those that a test names: more make a conversation `pull`. */
const CROWD = Array.from({ length: LIMITS.pushMembersMax }, (_, index) => `u${index}`);

async function scene(options: TestClusterOptions = {}) {
  const cluster = await TestCluster.start(2, options);
  const [one, two] = cluster.engines as [TestEngine, TestEngine];
  return { cluster, one, two };
}
const seqs = (client: TestClient, c = "c1") => client.events(c).map(({ seq }) => seq);
const gone = (client: TestClient, c = "c1") => client.of("events").filter((page) => page.c === c && "gone" in page);
const subscribe = (client: TestClient, c = "c1") => client.ask({ t: "subscribe", id: "s1", c }, "subscribed");
/** ms until it is so. */
async function until(cluster: TestCluster, so: () => boolean, withinMs = 60_000): Promise<number> {
  const began = cluster.clock.monotonic();
  while (!so() && cluster.clock.monotonic() - began < withinMs) await cluster.advance(50);
  return cluster.clock.monotonic() - began;
}

describe("ChatEngine: a cluster whose bus is well", () => {
  it("I7: tells members on every node, and subscribers of a pull conversation alone", async () => {
    const { cluster, one, two } = await scene();
    await one.create("alice", "c1", ["bob"]);
    await one.create("alice", "c2", ["bob", "carol", ...CROWD]);
    const [alice, bob, carol] = [await one.join("alice"), await two.join("bob"), await two.join("carol")];
    await subscribe(bob, "c2");
    for (const id of ["m1", "m2"]) await alice.send("c1", id);
    await alice.send("c2", "m3");
    expect([seqs(bob), seqs(bob, "c2"), seqs(carol, "c2")]).toEqual([[2, 3], [2], []]);
    await cluster.close();
  });

  it("reads nothing of what came, and little at all", async () => {
    const store = memoryStore();
    const calls: string[] = [];
    const counted = new Proxy(store, {
      get: (target, name: keyof typeof store) => {
        if (typeof target[name] !== "function") return target[name];
        return (...given: never[]) => {
          calls.push(String(name));
          return (target[name] as (...given: never[]) => unknown)(...given);
        };
      },
    });
    const cluster = await TestCluster.start(3, { store: counted });
    const [one, two, three] = cluster.engines as [TestEngine, TestEngine, TestEngine];
    await one.create("alice", "c1", ["bob"]);
    const [alice, bob] = [await one.join("alice"), await two.join("bob")];
    await three.join("carol");
    await alice.send("c1", "m1");
    await cluster.advance(20_000);
    calls.length = 0;
    for (let n = 2; n < 12; n++) {
      await alice.send("c1", `m${n}`);
      await cluster.advance(1_000);
    }
    await cluster.advance(10_000);
    expect(seqs(bob)).toHaveLength(11);
    expect(calls.filter((name) => name === "range" || name === "members" || name === "access")).toEqual([]);
    // One node of three, every 5 s.
    expect(calls.filter((name) => name === "changes").length).toBeLessThanOrEqual(6);
    await cluster.close();
  });
});

describe("ChatEngine: sessions of a cluster", () => {
  it("take a resume token of every node, and none that was revoked anywhere", async () => {
    const { cluster, one, two } = await scene();
    const first = await one.join("alice", { device: "d1" });
    const resume = first.welcome?.resume ?? "";
    const second = await two.connect().hello("alice", { device: "d1", k: 2, token: null, resume });
    expect(second.welcome).toMatchObject({ resumed: true, node: "n2" });
    const revoking = one.chat.revoke("alice");
    await one.whileSettling(revoking);
    await cluster.advance(3_000);
    expect(second.closedWith).toBe(CLOSE.expired.code);
    const third = await two.connect().hello("alice", { device: "d1", k: 3, token: null, resume });
    expect(third.closedWith).toBe(CLOSE.expired.code);
    await cluster.close();
  });

  it("are replaced by a later attempt of the same device on another node, whatever comes of the earlier", async () => {
    const { cluster, one, two } = await scene();
    const first = await one.join("alice", { device: "d1", k: 1 });
    const other = await one.join("alice", { device: "d2", k: 1 });
    const second = await two.join("alice", { device: "d1", k: 2 });
    const late = await one.join("alice", { device: "d1", k: 1 });
    expect([first, other, second, late].map(({ closedWith }) => closedWith)).toEqual([
      CLOSE.replaced.code,
      null,
      null,
      CLOSE.replaced.code,
    ]);
    // Without attempts the last to arrive stays.
    const [third, fourth] = [await one.join("bob", { device: "d1" }), await two.join("bob", { device: "d1" })];
    expect([third.closedWith, fourth.closedWith]).toEqual([CLOSE.replaced.code, null]);
    const fifth = await one.join("bob", { device: "d1" });
    expect([fourth.closedWith, fifth.closedWith]).toEqual([CLOSE.replaced.code, null]);
    await cluster.close();
  });

  it("are let in, and subscribe, though the bus answers nothing", async () => {
    const right = memoryBus(new MemoryBusHub());
    const never = new Promise<void>(() => {});
    const deaf: Bus = {
      open: () => right.open(),
      close: () => right.close(),
      ping: () => right.ping(),
      publish: () => never,
      subscribe: () => ({ ready: never, cancel: () => {} }),
      onInterruption: () => () => {},
    };
    const engine = await TestEngine.start({ bus: deaf });
    await engine.create("alice", "c1");
    const alice = await engine.join("alice", { have: [["c1", "e1", 1]] });
    await alice.say({ t: "subscribe", id: "s1", c: "c1" });
    expect(alice.received.map(({ t }) => t)).toEqual(["welcome"]);
    await engine.advance(1_000);
    expect(alice.received.map(({ t }) => t).sort()).toEqual(["events", "subscribed", "welcome"]);
    await alice.send("c1", "m1");
    await engine.close();
    expect(engine.clock.pending).toBe(0);
  });

  it("are told the heads of pull conversations that they named and did not subscribe to", async () => {
    const { cluster, one, two } = await scene();
    await one.create("alice", "c1", ["bob", ...CROWD]);
    const alice = await one.join("alice");
    const { epoch } = await alice.send("c1", "m1");
    const near = await one.join("bob", { device: "b1", have: [["c1", epoch, 2]] });
    const far = await two.join("bob", { device: "b2", have: [["c1", epoch, 2]] });
    const subscribed = await two.join("bob", { device: "b3", have: [["c1", epoch, 2, true]] });
    for (let n = 2; n < 12; n++) {
      await alice.send("c1", `m${n}`);
      await cluster.advance(300);
    }
    await cluster.advance(10_000);
    for (const client of [near, far]) {
      const heads = client.of("heads").flatMap((frame) => frame.heads);
      expect(heads.at(-1)).toEqual(["c1", epoch, 12, 11]);
      expect(heads.length).toBeLessThanOrEqual(6);
      expect(seqs(client)).toEqual([]);
    }
    expect([subscribed.of("heads").length, seqs(subscribed).length]).toEqual([0, 10]);
    // Those of an hour ago are not told again.
    const before = far.of("heads").length;
    await cluster.advance(60_000);
    expect(far.of("heads")).toHaveLength(before);
    await cluster.close();
    expect(two.gauges.headed).toBe(0);
  });
});

describe("ChatEngine: a cluster in which a conversation grows", () => {
  it("I7: who keeps it up to date is told its heads from the switch to pull on, on every node", async () => {
    const fanout: FanoutPolicy = { mode: ({ members }) => (members > 2 ? "pull" : "push") };
    const { cluster, one, two } = await scene({ fanout });
    await one.create("alice", "c1", ["bob"]);
    const alice = await one.join("alice");
    const { epoch } = await alice.send("c1", "m1");
    const bob = await two.join("bob", { have: [["c1", epoch, 2]] });
    await one.call("alice", "POST", "/conversations/c1/members", { members: [["carol", "member"]] });
    await alice.send("c1", "m2");
    await cluster.advance(5_000);
    // The member, and the switch.
    expect(seqs(bob)).toEqual([3, 4]);
    expect(bob.of("heads").at(-1)?.heads).toEqual([["c1", epoch, 5, 2]]);
    await cluster.close();
  });
});

describe("ChatEngine: a cluster whose bus loses", () => {
  it("I9, I26: a last event within two seconds, as long as its publisher lives", async () => {
    // Nobody reads what has changed.
    const { cluster, one, two } = await scene({ limits: { changesEveryMs: 600_000 } });
    await one.create("alice", "c1", ["bob"]);
    const [alice, bob] = [await one.join("alice"), await two.join("bob")];
    await alice.send("c1", "m1");
    await cluster.advance(20_000);
    cluster.lossy.on = true;
    await alice.send("c1", "m2");
    cluster.lossy.on = false;
    const ms = await until(cluster, () => seqs(bob).includes(3));
    expect(ms).toBeGreaterThanOrEqual(900);
    expect(ms).toBeLessThanOrEqual(2_100);
    await cluster.close();
  });

  it("I9, I26: a last event within six seconds of a publisher that died behind its commit", async () => {
    const cluster = await TestCluster.start(2);
    const mute = cluster.mute();
    const [, two] = cluster.engines as [TestEngine, TestEngine];
    const three = await cluster.add(mute);
    await three.create("alice", "c1", ["bob"]);
    const [alice, bob] = [await three.join("alice"), await two.join("bob")];
    await alice.send("c1", "m1");
    await cluster.advance(20_000);
    mute.on = true;
    await alice.send("c1", "m2");
    expect(await until(cluster, () => seqs(bob).includes(3))).toBeLessThanOrEqual(6_000);
    await cluster.close();
  });

  it("I9, I26: everything comes within the reconcile period of a bus that loses all, removals included", async () => {
    const { cluster, one, two } = await scene();
    cluster.lossy.on = true;
    for (const c of ["c1", "c2", "c3"]) await one.create("alice", c, ["bob", "carol"]);
    const [alice, bob, carol] = [await one.join("alice"), await two.join("bob"), await two.join("carol")];
    await cluster.advance(16_000);
    await bob.say({ t: "have", have: [["c3", (await alice.send("c3", "m0")).epoch, 1]] });
    await alice.send("c1", "m1");
    expect(await until(cluster, () => seqs(bob).includes(2))).toBeLessThanOrEqual(6_000);
    // One who is removed, and a conversation that is.
    await one.call("alice", "DELETE", "/conversations/c1/members/carol");
    await alice.send("c1", "m2");
    await one.call("alice", "DELETE", "/conversations/c3");
    expect(await until(cluster, () => seqs(bob).includes(4))).toBeLessThanOrEqual(6_000);
    expect([seqs(carol), gone(carol).length]).toEqual([[1, 2, 3], 1]);
    expect([gone(bob, "c3").length, gone(bob).length]).toEqual([1, 0]);
    await cluster.close();
  });

  it("I26: reads at once when the bus says that something may be missing", async () => {
    const { cluster, one, two } = await scene();
    await one.create("alice", "c1", ["bob"]);
    const [alice, bob] = [await one.join("alice"), await two.join("bob")];
    await alice.send("c1", "m1");
    await cluster.advance(20_000);
    cluster.lossy.on = true;
    await alice.send("c1", "m2");
    expect(seqs(bob)).toEqual([2]);
    cluster.hub.interrupt();
    await cluster.advance(250);
    expect(seqs(bob)).toEqual([2, 3]);
    await cluster.close();
  });

  it("I9, I26: tells of a conversation that was created elsewhere while the bus was dead, and of who joined", async () => {
    const { cluster, one, two } = await scene();
    const [bob, carol] = [await two.join("bob"), await two.join("carol")];
    await cluster.advance(20_000);
    cluster.lossy.on = true;
    await one.create("alice", "c1", ["bob"]);
    expect(await until(cluster, () => seqs(bob).includes(1), 16_000)).toBeLessThanOrEqual(16_000);
    await one.call("alice", "POST", "/conversations/c1/members", { members: [["carol", "member"]] });
    expect(await until(cluster, () => seqs(carol).includes(2))).toBeLessThanOrEqual(6_000);
    expect([seqs(bob), seqs(carol)]).toEqual([[1, 2], [2]]);
    await cluster.close();
  });

  it("I9, I26: tells who asked in vain for a large conversation to read it when they are in, though the bus lost that", async () => {
    const { cluster, one, two } = await scene();
    await one.create("alice", "c1", ["bob", ...CROWD]);
    const [carol, tab] = [await two.join("carol"), await two.join("carol", { device: "tab" })];
    await cluster.advance(20_000);
    await carol.say({ t: "subscribe", id: "s1", c: "c1" });
    const lagging = (client: TestClient) => client.of("lagging").flatMap(({ c }) => c);
    cluster.lossy.on = true;
    await one.call("alice", "POST", "/conversations/c1/members", { members: [["carol", "member"]] });
    expect(await until(cluster, () => lagging(carol).length > 0)).toBeLessThanOrEqual(16_000);
    expect([seqs(carol), lagging(carol), lagging(tab)]).toEqual([[], ["c1"], ["c1"]]);
    await subscribe(carol);
    await one.call("alice", "POST", "/conversations/c1/members", { members: [["dave", "member"]] });
    await cluster.advance(20_000);
    expect(lagging(carol)).toEqual(["c1"]);
    await cluster.close();
  });

  it("I9, I17: tells who has only seen their inbox of a removal that the bus lost", async () => {
    const { cluster, one, two } = await scene();
    for (const c of ["c1", "c2"]) await one.create("alice", c, ["bob"]);
    const bob = await two.join("bob");
    await bob.ask({ t: "inbox", id: "i1", cursor: null }, "inbox");
    await cluster.advance(20_000);
    cluster.lossy.on = true;
    await one.call("alice", "DELETE", "/conversations/c1/members/bob");
    await one.call("alice", "DELETE", "/conversations/c2");
    await until(cluster, () => gone(bob).length > 0 && gone(bob, "c2").length > 0, 16_000);
    expect([seqs(bob).at(-1), gone(bob).length, gone(bob, "c2").length]).toEqual([2, 1, 1]);
    await cluster.close();
  });

  it("I6, I7, I9, I26: whatever is lost, late or doubled, everybody has everything in the end, once", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const cluster = await TestCluster.start(3, {
        seed,
        faults: { drop: 0.4, duplicate: 0.3, delay: 0.4, delayMsMax: 3_000 },
      });
      const [one, two, three] = cluster.engines as [TestEngine, TestEngine, TestEngine];
      await one.create("alice", "c1", ["bob", "carol"]);
      const clients = [await one.join("alice"), await two.join("bob"), await three.join("carol")] as const;
      cluster.lossy.on = true;
      for (let n = 0; n < 60; n++) {
        await clients[n % 3]?.send("c1", `m${n}`);
        await cluster.advance(n % 7 === 0 ? 900 : 50);
      }
      await cluster.advance(12_000);
      for (const client of clients) {
        const own = client.of("sent").map(({ seq }) => seq);
        const all = [...seqs(client), ...own].sort((a, b) => a - b);
        expect([seed, all]).toEqual([seed, Array.from({ length: all.length }, (_, at) => 62 - all.length + at)]);
        expect(new Set(seqs(client)).size).toBe(seqs(client).length);
      }
      await cluster.close();
    }
  }, 30_000);

  it("I19: tells everybody of another life of the log when the store was put back", async () => {
    const { cluster, one, two } = await scene();
    await one.create("alice", "c1", ["bob"]);
    await one.create("alice", "c2", ["bob"]);
    const [alice, bob] = [await one.join("alice"), await two.join("bob")];
    const { epoch } = await alice.send("c1", "m1");
    for (const c of ["c1", "c2"]) await bob.say({ t: "have", have: [[c, epoch, 1]] });
    await cluster.advance(20_000);
    const restored = memoryStore({ clock: cluster.clock });
    await restored.open();
    await restored.create({
      ...conversation("c1"),
      epoch: "another",
      members: [
        ["alice", "owner"],
        ["bob", "member"],
      ],
    });
    cluster.replaceStore(restored);
    await cluster.advance(12_000);
    for (const client of [alice, bob]) expect(client.events("c1").at(-1)).toMatchObject({ epoch: "another", seq: 1 });
    // What was never in it, as far as it knows, is gone.
    expect(gone(bob, "c2").length).toBeGreaterThanOrEqual(1);
    await alice.send("c1", "m2");
    expect(bob.events("c1").at(-1)).toMatchObject({ epoch: "another", seq: 2 });
    await cluster.close();
  });

  it("I9, I19: tells who asked in vain, and on another node than the one they lost it on, that the new life is theirs", async () => {
    const { cluster, one, two } = await scene();
    await one.create("alice", "c1", ["bob", "carol"]);
    await one.call("alice", "DELETE", "/conversations/c1/members/bob");
    const bob = await two.join("bob");
    await bob.say({ t: "subscribe", id: "s1", c: "c1" });
    await cluster.advance(20_000);
    expect(bob.of("error")).toMatchObject([{ code: "not_found" }]);
    const restored = memoryStore({ clock: cluster.clock });
    await restored.open();
    const members = ["alice", "bob", "carol"].map((user) => [user, user === "alice" ? "owner" : "member"] as const);
    await restored.create({ ...conversation("c1"), epoch: "another", members });
    cluster.replaceStore(restored);
    await cluster.advance(12_000);
    expect(bob.of("lagging")).toEqual([{ t: "lagging", c: ["c1"] }]);
    await subscribe(bob);
    await cluster.close();
  });

  it.each(["push", "pull"] as const)(
    "I17, I18: tells nothing of the new life of a %s log to who is no member in it",
    async (mode) => {
      const { cluster, one, two } = await scene();
      const crowd = mode === "push" ? [] : CROWD;
      await one.create("alice", "c1", ["bob", "carol", ...crowd]);
      const all = [await one.join("alice"), await two.join("bob"), await two.join("carol"), await two.join("dave")];
      const [alice, bob, carol, dave] = all as [TestClient, TestClient, TestClient, TestClient];
      for (const client of [alice, bob, carol]) await subscribe(client);
      const { epoch } = await alice.send("c1", "m1");
      await cluster.advance(20_000);
      const restored = memoryStore({ clock: cluster.clock });
      await restored.open();
      await restored.create({
        ...conversation("c1", { mode }),
        epoch: "another",
        // As many versions as before, of others.
        members: [...["alice", "carol", "dave"], ...crowd].map((user) => [user, user === "alice" ? "owner" : "member"]),
      });
      await restored.append([message("c1", "alice", "another m1")]);
      cluster.replaceStore(restored);
      await cluster.advance(12_000);
      for (const id of ["later1", "later2"]) await alice.send("c1", id);
      await cluster.advance(3_000);
      const another = (client: TestClient) => client.events("c1").filter((event) => event.epoch !== epoch);
      expect([another(bob), gone(bob).length]).toEqual([[], 1]);
      expect(
        bob
          .of("heads")
          .flatMap(({ heads }) => heads)
          .filter(([, of]) => of !== epoch),
      ).toEqual([]);
      expect(another(carol).map(({ seq }) => seq)).toEqual([2, 3, 4]);
      expect(another(dave).map(({ seq }) => seq)).toEqual(mode === "push" ? [2, 3, 4] : []);
      await cluster.close();
    },
  );
});
