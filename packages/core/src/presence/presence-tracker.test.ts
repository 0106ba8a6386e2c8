import { describe, expect, it } from "vitest";
import type { PresenceSession, PresenceStore } from "../ports/presence-store.ts";
import { Lossy } from "../testing/lossy.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { MemoryPresenceRegistry, memoryPresence } from "./memory-presence-store.ts";
import { PresenceTracker } from "./presence-tracker.ts";

const session = (id: string, user = "alice"): PresenceSession => ({ session: id, user, device: `d-${id}` });

async function trackerOver() {
  const clock = new ManualClock();
  const registry = new MemoryPresenceRegistry(clock);
  const plain = memoryPresence(registry);
  const lossy = new Lossy({ clock, random: new SeededRandom(1) });
  const failing = { failBefore: 1 };
  const faulty = lossy.wrap(plain, { lease: failing, put: failing, remove: failing });
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
  const sessions = new Set<PresenceSession>();
  const warnings: string[] = [];
  const note = (_fields: object, message: string) => warnings.push(message);
  const logger = { debug: note, info: note, warn: note, error: note };
  const tracker = new PresenceTracker({ node: "n1", store, clock, logger, sessions: () => sessions });
  await plain.open();
  const enter = (one: PresenceSession) => {
    sessions.add(one);
    tracker.enter(one);
  };
  const leave = (one: PresenceSession) => {
    sessions.delete(one);
    tracker.leave(one);
  };
  const there = async () => (await plain.of(["alice", "bob"])).map((one) => one.session).sort();
  return { clock, tracker, calls, lossy, enter, leave, there, warnings, plain };
}

describe("PresenceTracker", () => {
  it("puts sessions under the node's lease, and removes them, in one write a turn", async () => {
    const { clock, tracker, calls, enter, leave, there } = await trackerOver();
    await tracker.start();
    const [first, second] = [session("s1"), session("s2", "bob")];
    for (const one of [first, second, session("s3")]) enter(one);
    await clock.settle();
    expect(await there()).toEqual(["s1", "s2", "s3"]);
    leave(first);
    leave(second);
    await clock.settle();
    expect(await there()).toEqual(["s3"]);
    expect(calls).toEqual(["lease", "put", "remove"]);
  });

  it("writes nothing of who came and went within a turn", async () => {
    const { clock, tracker, calls, enter, leave } = await trackerOver();
    await tracker.start();
    const one = session("s1");
    enter(one);
    leave(one);
    await clock.settle();
    expect(calls).toEqual(["lease"]);
  });

  it("renews the lease every 10 s, so that sessions outlive it", async () => {
    const { clock, tracker, calls, enter, there } = await trackerOver();
    await tracker.start();
    enter(session("s1"));
    await clock.advance(120_000);
    expect(await there()).toEqual(["s1"]);
    expect(calls.filter((call) => call === "lease")).toHaveLength(13);
  });

  it("I21: puts all sessions anew when the lease had ended meanwhile", async () => {
    const { clock, tracker, lossy, enter, there, warnings } = await trackerOver();
    await tracker.start();
    enter(session("s1"));
    await clock.settle();
    lossy.on = true;
    await clock.advance(45_000);
    expect(await there()).toEqual([]);
    lossy.on = false;
    await clock.advance(10_000);
    expect(await there()).toEqual(["s1"]);
    expect(warnings.length).toBeGreaterThan(0);
  });

  it("I21: writes with the next renewal what failed: who came, and who has gone", async () => {
    const { clock, tracker, lossy, enter, leave, there } = await trackerOver();
    await tracker.start();
    const goes = session("s1");
    enter(goes);
    await clock.settle();
    lossy.on = true;
    leave(goes);
    enter(session("s2"));
    await clock.settle();
    expect(await there()).toEqual(["s1"]);
    lossy.on = false;
    await clock.advance(10_000);
    expect(await there()).toEqual(["s2"]);
  });

  it("gives the lease up when it stops, and its sessions with it", async () => {
    const { clock, tracker, enter, there } = await trackerOver();
    await tracker.start();
    enter(session("s1"));
    await clock.settle();
    await tracker.stop();
    expect(await there()).toEqual([]);
  });

  it("I25: leaves no timer when it stops, and writes nothing any longer", async () => {
    const { clock, tracker, calls, enter, leave, warnings, plain } = await trackerOver();
    await tracker.start();
    const one = session("s1");
    enter(one);
    await clock.settle();
    leave(one);
    await tracker.stop();
    await plain.close();
    enter(session("s2"));
    await clock.advance(60_000);
    expect(clock.pending).toBe(0);
    expect(calls).toEqual(["lease", "put", "lease"]);
    expect(warnings).toEqual([]);
  });

  it("rejects at the start when the store does not answer, and stops all the same", async () => {
    const { tracker, lossy, clock } = await trackerOver();
    lossy.on = true;
    await expect(tracker.start()).rejects.toMatchObject({ code: "unavailable" });
    await tracker.stop();
    expect(clock.pending).toBe(0);
  });
});
