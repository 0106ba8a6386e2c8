import { describe, expect, it } from "vitest";
import type { Activity, PresenceSession, PresenceStore } from "../ports/presence-store.ts";
import { Lossy } from "../testing/lossy.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { MemoryPresenceRegistry, memoryPresence } from "./memory-presence-store.ts";
import { PresenceTracker } from "./presence-tracker.ts";

/** Two of these and 5 s, less what it takes to tell. */
const HEARTBEAT_MS = 20_000;
const SILENT_GONE_MS = 43_500;

const session = (id: string, user = "alice", device = `d-${id}`, activity: Activity = "active"): PresenceSession => ({
  session: id,
  user,
  device,
  activity,
});

async function trackerOver() {
  const clock = new ManualClock();
  const registry = new MemoryPresenceRegistry(clock);
  const plain = memoryPresence(registry);
  const lossy = new Lossy({ clock, random: new SeededRandom(1) });
  const failing = { failBefore: 1 };
  const faulty = lossy.wrap(plain, { lease: failing, put: failing, remove: failing, of: failing });
  lossy.on = false;
  const calls: string[] = [];
  const store = new Proxy(faulty, {
    get: (target, name: keyof PresenceStore) => {
      const method = target[name] as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => {
        calls.push(name);
        return method.apply(target, given);
      };
    },
  });
  const warnings: string[] = [];
  const note = (_fields: object, message: string) => warnings.push(message);
  const logger = { debug: note, info: note, warn: note, error: note };
  const changes: string[] = [];
  const tracker = new PresenceTracker({
    node: "n1",
    store,
    clock,
    logger,
    limits: { heartbeatMs: HEARTBEAT_MS },
    changed: (user) => changes.push(user),
    failed: () => {},
  });
  await plain.open();
  const bye = (one: PresenceSession) => tracker.leave(one, { clean: true, heardAt: clock.monotonic() });
  const lost = (one: PresenceSession, heardAt = clock.monotonic()) => tracker.leave(one, { clean: false, heardAt });
  const there = async () =>
    (await plain.of(["alice", "bob"])).flatMap(({ sessions }) => sessions.map((one) => one.session)).sort();
  const seen = async (user = "alice") => (await plain.of([user]))[0]?.seen ?? null;
  return { clock, tracker, changes, calls, lossy, bye, lost, there, seen, warnings, plain, registry };
}

async function started() {
  const made = await trackerOver();
  await made.tracker.start();
  return made;
}

describe("PresenceTracker", () => {
  it("puts sessions under the node's lease, and removes them, in one write a turn", async () => {
    const { clock, tracker, calls, bye, there } = await started();
    const [first, second] = [session("s1"), session("s2", "bob")];
    for (const one of [first, second, session("s3")]) tracker.enter(one);
    await clock.settle();
    expect(await there()).toEqual(["s1", "s2", "s3"]);
    bye(first);
    bye(second);
    await clock.advance(5_100);
    expect(await there()).toEqual(["s3"]);
    expect(calls).toEqual(["lease", "put", "remove"]);
  });

  it("tells the store what devices say of themselves, changes alone, in one write a turn", async () => {
    const { clock, tracker, calls, plain } = await started();
    tracker.enter(session("s1"));
    tracker.enter(session("s2", "bob"));
    await clock.settle();
    tracker.activity("s1", "idle");
    tracker.activity("s1", "invisible");
    tracker.activity("s2", "idle");
    await clock.settle();
    const found = await plain.of(["alice", "bob"]);
    expect(found.map(({ sessions }) => sessions[0]?.activity)).toEqual(["invisible", "idle"]);
    tracker.activity("s2", "idle");
    tracker.activity("unknown", "idle");
    await clock.settle();
    expect(calls).toEqual(["lease", "put", "put"]);
  });

  it("I21: waits 5 s after a goodbye, and was seen at the goodbye", async () => {
    const { clock, tracker, bye, there, seen } = await started();
    const one = session("s1");
    tracker.enter(one);
    await clock.advance(1_000);
    const goodbyeAt = clock.now();
    bye(one);
    await clock.advance(4_900);
    expect(await there()).toEqual(["s1"]);
    await clock.advance(200);
    expect(await there()).toEqual([]);
    expect(await seen()).toBe(goodbyeAt);
  });

  it("I21: waits for two heartbeats and 5 s after the last sign of life where nobody said goodbye", async () => {
    const { clock, tracker, lost, there, seen } = await started();
    const [at, late] = [session("s1"), session("s2", "bob")];
    const begunAt = clock.now();
    tracker.enter(at);
    tracker.enter(late);
    lost(at);
    await clock.advance(41_000);
    lost(late, 0);
    await clock.advance(SILENT_GONE_MS - 41_000 - 100);
    expect(await there()).toEqual(["s1", "s2"]);
    await clock.advance(200);
    expect(await there()).toEqual([]);
    expect([await seen(), await seen("bob")]).toEqual([begunAt, begunAt]);
  });

  it("I21: the same device anew takes the place of the earlier session at once, whichever is told of first", async () => {
    const { clock, tracker, lost, bye, there, calls } = await started();
    const first = session("s1", "alice", "phone");
    const second = session("s2", "alice", "phone");
    tracker.enter(first);
    await clock.settle();
    lost(first);
    tracker.enter(second);
    await clock.settle();
    expect(await there()).toEqual(["s2"]);
    tracker.enter(session("s3", "alice", "phone"));
    bye(second);
    await clock.settle();
    expect(await there()).toEqual(["s3"]);
    lost(first);
    lost(second);
    tracker.activity("s2", "idle");
    await clock.advance(60_000);
    expect(await there()).toEqual(["s3"]);
    // The newer one first: the user was never gone in between.
    expect(calls.filter((call) => call !== "lease" && call !== "of")).toEqual([
      "put",
      "put",
      "remove",
      "put",
      "remove",
    ]);
  });

  it("waits for a device that has left, whatever the user's other devices do", async () => {
    const { clock, tracker, bye, there } = await started();
    const phone = session("s1");
    tracker.enter(phone);
    await clock.settle();
    bye(phone);
    tracker.enter(session("s2"));
    await clock.advance(4_900);
    expect(await there()).toEqual(["s1", "s2"]);
    await clock.advance(200);
    expect(await there()).toEqual(["s2"]);
  });

  it("takes the first word of a leaving for it, and none of who has left", async () => {
    const { clock, tracker, bye, lost, there, plain, seen } = await started();
    const one = session("s1");
    tracker.enter(one);
    await clock.settle();
    const goodbyeAt = clock.now();
    bye(one);
    await clock.advance(2_000);
    lost(one);
    tracker.activity("s1", "invisible");
    await clock.settle();
    expect((await plain.of(["alice"]))[0]?.sessions[0]?.activity).toBe("active");
    await clock.advance(3_100);
    expect(await there()).toEqual([]);
    expect(await seen()).toBe(goodbyeAt);
  });

  it("does not take another user's session for the same device", async () => {
    const { clock, tracker, lost, there } = await started();
    const one = session("s1", "alice", "phone");
    tracker.enter(one);
    await clock.settle();
    lost(one);
    tracker.enter(session("s2", "bob", "phone"));
    await clock.settle();
    expect(await there()).toEqual(["s1", "s2"]);
  });

  it("gives everyone 5 s more when this process stood still (trap 27)", async () => {
    const clock = new ManualClock();
    let stalledMs = 0;
    const stalled = Object.assign(Object.create(clock) as ManualClock, {
      monotonic: () => clock.monotonic() + stalledMs,
      after: (ms: number, run: () => void) => clock.after(ms, run),
      endOfTurn: (run: () => void) => clock.endOfTurn(run),
    });
    const store = memoryPresence(new MemoryPresenceRegistry(clock));
    await store.open();
    const note = () => {};
    const logger = { debug: note, info: note, warn: note, error: note };
    const limits = { heartbeatMs: HEARTBEAT_MS };
    const tracker = new PresenceTracker({
      node: "n1",
      store,
      clock: stalled,
      logger,
      limits,
      changed: () => {},
      failed: () => {},
    });
    await tracker.start();
    tracker.enter(session("s1"));
    await clock.settle();
    tracker.leave(session("s1"), { clean: true, heardAt: 0 });
    stalledMs = 10_000;
    await clock.advance(5_100);
    expect(tracker.online(["alice"])).toBe(1);
    await clock.advance(5_000);
    expect(tracker.online(["alice"])).toBe(0);
  });

  it("knows at once who is online here, invisible ones not counted, each user once", async () => {
    const { clock, tracker, bye } = await started();
    tracker.enter(session("s1"));
    tracker.enter(session("s2"));
    tracker.enter(session("s3", "bob", "d", "invisible"));
    expect(tracker.online(["alice", "bob", "carol"])).toBe(1);
    tracker.activity("s3", "idle");
    expect(tracker.online(new Set(["alice", "bob"]))).toBe(2);
    bye(session("s1"));
    tracker.activity("s2", "invisible");
    expect(tracker.online(["alice"])).toBe(1);
    await clock.advance(5_100);
    expect(tracker.online(["alice"])).toBe(0);
    expect(tracker.of("alice").map((one) => [one.session, one.activity])).toEqual([["s2", "invisible"]]);
  });

  it("says at once whose sessions have changed, whether the store can be told or not", async () => {
    const { clock, tracker, changes, lossy, bye } = await started();
    lossy.on = true;
    const one = session("s1");
    tracker.enter(one);
    tracker.activity("s1", "idle");
    tracker.activity("s1", "idle");
    expect(changes).toEqual(["alice", "alice"]);
    bye(one);
    expect(changes).toHaveLength(2);
    await clock.advance(5_100);
    expect(changes).toEqual(["alice", "alice", "alice"]);
  });

  it("writes nothing of who came and was replaced within a turn", async () => {
    const { clock, tracker, calls, lost, there } = await started();
    const one = session("s1", "alice", "phone");
    tracker.enter(one);
    lost(one);
    tracker.enter(session("s2", "alice", "phone"));
    await clock.settle();
    expect(await there()).toEqual(["s2"]);
    expect(calls).toEqual(["lease", "put"]);
  });

  it("writes thousands in batches, who has come before who has gone", async () => {
    const { clock, tracker, calls, lost, registry } = await started();
    const users = Array.from({ length: 2_500 }, (_, n) => `u${n}`);
    for (const user of users) tracker.enter(session(`a-${user}`, user, user));
    await clock.settle();
    expect(calls).toEqual(["lease", "put", "put", "put"]);
    let away = 0;
    registry.onChange((changed) => {
      for (const { sessions } of registry.of(changed)) if (sessions.length === 0) away++;
    });
    for (const user of users) {
      lost(session(`a-${user}`, user, user));
      tracker.enter(session(`b-${user}`, user, user));
    }
    await clock.settle();
    expect(calls.slice(4)).toEqual(["put", "put", "put", "remove", "remove", "remove"]);
    expect(away).toBe(0);
    expect(registry.of(users).every(({ sessions }) => sessions.length === 1)).toBe(true);
  });

  it("renews the lease every 10 s, so that sessions outlive it, and puts nothing again", async () => {
    const { clock, tracker, calls, there } = await started();
    tracker.enter(session("s1"));
    await clock.advance(120_000);
    expect(await there()).toEqual(["s1"]);
    expect(calls.filter((call) => call === "lease")).toHaveLength(13);
    expect(calls.filter((call) => call === "put")).toHaveLength(1);
  });

  it("I21: puts all sessions anew when the lease had ended meanwhile", async () => {
    const { clock, tracker, lossy, there, warnings } = await started();
    tracker.enter(session("s1"));
    tracker.enter(session("s2", "bob"));
    await clock.settle();
    lossy.on = true;
    await clock.advance(45_000);
    expect(await there()).toEqual([]);
    lossy.on = false;
    await clock.advance(1_000);
    expect(await there()).toEqual(["s1", "s2"]);
    expect(warnings).toHaveLength(1);
  });

  it("I21: puts all sessions anew when the store has forgotten them, whatever the clock says", async () => {
    const { clock, tracker, registry, there } = await started();
    tracker.enter(session("s1"));
    tracker.enter(session("s2", "bob"));
    await clock.advance(1_000);
    registry.lease("n1", 0);
    await clock.advance(10_000);
    expect(await there()).toEqual(["s1", "s2"]);
    registry.lease("n1", 0);
    tracker.enter(session("s3"));
    await clock.advance(1_000);
    expect(await there()).toEqual(["s1", "s2", "s3"]);
  });

  it("I21: writes a second later what failed: who came, who changed, who has gone", async () => {
    const { clock, tracker, calls, lossy, bye, there, plain, warnings } = await started();
    const goes = session("s1");
    tracker.enter(goes);
    tracker.enter(session("s2", "bob"));
    await clock.settle();
    bye(goes);
    lossy.on = true;
    tracker.enter(session("s3"));
    tracker.activity("s2", "idle");
    await clock.settle();
    const tried = calls.length;
    for (let n = 0; n < 90; n++) {
      tracker.activity("s2", n % 2 ? "idle" : "active");
      await clock.advance(100);
    }
    expect(await there()).toEqual(["s1", "s2"]);
    // More and more rarely, once a second at last, and not with every change.
    expect(calls.length - tried).toBeLessThanOrEqual(13);
    lossy.on = false;
    await clock.advance(1_000);
    expect(await there()).toEqual(["s2", "s3"]);
    expect((await plain.of(["bob"]))[0]?.sessions[0]?.activity).toBe("idle");
    expect(warnings).toHaveLength(1);
    // And says so again when it fails anew.
    lossy.on = true;
    tracker.enter(session("s4"));
    await clock.settle();
    expect(warnings).toHaveLength(2);
  });

  it("I21: tries a failed write again at once, before a user who came from elsewhere counts as gone", async () => {
    const { clock, tracker, lossy, there } = await started();
    lossy.on = true;
    tracker.enter(session("s1"));
    await clock.settle();
    lossy.on = false;
    await clock.advance(100);
    expect(await there()).toEqual(["s1"]);
  });

  it("I21: removes who left while it was not known whether they had been put", async () => {
    const { clock, tracker, lost, plain, there } = await trackerOver();
    const unsure = new Lossy({ clock, random: new SeededRandom(2) });
    const store = unsure.wrap(plain, { put: { failAfter: 1 } });
    const note = () => {};
    const logger = { debug: note, info: note, warn: note, error: note };
    const limits = { heartbeatMs: HEARTBEAT_MS };
    const own = new PresenceTracker({ node: "n1", store, clock, logger, limits, changed: () => {}, failed: () => {} });
    await own.start();
    own.enter(session("s1"));
    await clock.settle();
    expect(unsure.happened.failAfter).toBe(1);
    expect(await there()).toEqual(["s1"]);
    own.leave(session("s1"), { clean: true, heardAt: 0 });
    await clock.advance(10_000);
    expect(await there()).toEqual([]);
    lost(session("s1"));
    expect(tracker.size).toBe(0);
  });

  it("I21: lets the lease run out within the time of a flap when it stops, at once where nobody is left", async () => {
    const { clock, tracker, there } = await started();
    tracker.enter(session("s1"));
    await clock.settle();
    await tracker.stop();
    await clock.advance(4_900);
    expect(await there()).toEqual(["s1"]);
    await clock.advance(200);
    expect(await there()).toEqual([]);
    const { clock: other, tracker: empty } = await started();
    await empty.stop();
    expect(other.pending).toBe(0);
  });

  it("waits for nobody whom the gateway sent away for good", async () => {
    const { clock, tracker, there, seen } = await started();
    tracker.enter(session("s1"));
    await clock.advance(3_000);
    tracker.leave(session("s1"), { clean: false, forGood: true, heardAt: clock.monotonic() });
    expect(tracker.online(["alice"])).toBe(0);
    await clock.settle();
    expect([await there(), await seen()]).toEqual([[], clock.now()]);
  });

  it("I21: leaves no ghost of a session whose put takes effect behind its removal", async () => {
    const { clock, plain, there } = await trackerOver();
    const late: (() => Promise<void>)[] = [];
    let losing = true;
    const store = Object.assign(Object.create(plain) as PresenceStore, {
      put: (node: string, sessions: readonly PresenceSession[]) => {
        if (!losing) return plain.put(node, sessions);
        late.push(() => plain.put(node, sessions));
        return Promise.reject(new Error("the connection was lost"));
      },
      lease: (node: string, ttlMs: number) => plain.lease(node, ttlMs),
      remove: plain.remove.bind(plain),
      of: plain.of.bind(plain),
    });
    const note = () => {};
    const logger = { debug: note, info: note, warn: note, error: note };
    const own = new PresenceTracker({
      ...{ node: "n1", store, clock, logger },
      ...{ limits: { heartbeatMs: HEARTBEAT_MS }, changed: note, failed: note },
    });
    await own.start();
    own.enter(session("goes"));
    own.enter(session("stays", "bob"));
    await clock.settle();
    losing = false;
    own.leave(session("goes"), { clean: true, forGood: true, heardAt: clock.monotonic() });
    own.activity("stays", "idle");
    await clock.advance(20_000);
    expect(await there()).toEqual(["stays"]);
    for (const put of late) await put();
    expect(await there()).toEqual(["goes", "stays"]);
    await clock.advance(10_100);
    expect(await there()).toEqual(["stays"]);
    expect((await plain.of(["bob"]))[0]?.sessions[0]?.activity).toBe("idle");
  });

  it("I21: renews in time although a write is never answered", async () => {
    const { clock, plain, there } = await trackerOver();
    let silent = false;
    const store = Object.assign(Object.create(plain) as PresenceStore, {
      put: (node: string, sessions: readonly PresenceSession[]) =>
        silent ? new Promise<void>(() => {}) : plain.put(node, sessions),
      lease: plain.lease.bind(plain),
      remove: plain.remove.bind(plain),
      of: plain.of.bind(plain),
    });
    const note = () => {};
    let failures = 0;
    const own = new PresenceTracker({
      ...{ node: "n1", store, clock, logger: { debug: note, info: note, warn: note, error: note } },
      ...{ limits: { heartbeatMs: HEARTBEAT_MS }, changed: note, failed: () => failures++ },
    });
    await own.start();
    own.enter(session("s1"));
    await clock.settle();
    silent = true;
    own.enter(session("s2", "bob"));
    await clock.advance(120_000);
    expect(await there()).toEqual(["s1"]);
    expect(failures).toBeGreaterThan(5);
    silent = false;
    await clock.advance(10_000);
    expect(await there()).toEqual(["s1", "s2"]);
    const stopped = own.stop();
    await clock.advance(5_000);
    await stopped;
  });

  it("I21: puts all anew after a time in which the lease may have ended, also where the oldest is there", async () => {
    const { clock, tracker, lossy, there, registry } = await started();
    tracker.enter(session("s1"));
    tracker.enter(session("s2", "bob"));
    await clock.settle();
    lossy.on = true;
    await clock.advance(31_000);
    // The lease has begun anew by a renewal whose answer was lost, and the oldest session was written since.
    registry.lease("n1", 30_000);
    registry.put("n1", [session("s1")]);
    lossy.on = false;
    await clock.advance(2_000);
    expect(await there()).toEqual(["s1", "s2"]);
  });

  it("I25: leaves no timer when it stops, and writes nothing any longer", async () => {
    const { clock, tracker, calls, bye, warnings, plain } = await started();
    const [one, other] = [session("s1"), session("s2")];
    tracker.enter(one);
    tracker.enter(other);
    await clock.settle();
    bye(one);
    await tracker.stop();
    await plain.close();
    bye(other);
    tracker.enter(session("s3"));
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
    expect(calls).toEqual(["lease", "put", "lease"]);
    expect(warnings).toEqual([]);
    expect(tracker.size).toBe(0);
  });

  it("I25: knows of nobody, and has no timer of theirs, when all have left", async () => {
    const { clock, tracker, bye, lost } = await started();
    const before = clock.pending;
    for (let n = 0; n < 100; n++) tracker.enter(session(`s${n}`, `u${n % 7}`));
    await clock.settle();
    for (let n = 0; n < 100; n++) (n % 2 ? bye : lost)(session(`s${n}`, `u${n % 7}`));
    expect(clock.pending).toBe(before + 1);
    await clock.advance(60_000);
    expect(tracker.size).toBe(0);
    expect(clock.pending).toBe(before);
  });

  it("rejects at the start when the store does not answer, and stops all the same", async () => {
    const { tracker, lossy, clock } = await trackerOver();
    lossy.on = true;
    await expect(tracker.start()).rejects.toMatchObject({ code: "unavailable" });
    await tracker.stop();
    expect(clock.pending).toBe(0);
  });
});
