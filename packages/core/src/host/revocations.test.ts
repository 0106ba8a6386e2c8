import { CLOSE } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, type EngineLimits } from "../options.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { Revocations } from "./revocations.ts";

const LIFE_MS = 2 * DEFAULT_LIMITS.heartbeatMs + DEFAULT_LIMITS.resumeGraceMs;

async function scene(given: Partial<EngineLimits> = {}) {
  const clock = new ManualClock();
  const store = memoryStore({ clock });
  await store.open();
  const ended: string[] = [];
  const told: string[] = [];
  const sessions = new Map<string, { mark: number; end(close: { readonly code: number }): void }[]>();
  const revocations = new Revocations({
    store,
    clock,
    random: new SeededRandom(3),
    logger: silentLogger,
    limits: { ...DEFAULT_LIMITS, ...given },
    tellNodes: (topics, { user }) => told.push(`${user} by ${topics}`),
    sessionsOf: (user) => sessions.get(user) ?? [],
    allSessions: () => [...sessions.values()].flat(),
  });
  const join = (user: string, mark = revocations.mark): void => {
    const session = { mark, end: ({ code }: { readonly code: number }) => ended.push(`${user} ${code}`) };
    sessions.set(user, [...(sessions.get(user) ?? []), session]);
  };
  return { clock, store, revocations, ended, told, join };
}

describe("Revocations", () => {
  it("S10, S12: void what carries a lower mark of the user, and end it", async () => {
    const { revocations, ended, join } = await scene();
    await revocations.start();
    join("alice");
    join("bob");
    const before = revocations.mark;
    await revocations.revoke("alice");
    expect(ended).toEqual([`alice ${CLOSE.expired.code}`]);
    expect([revocations.holds("alice", before), revocations.holds("bob", before)]).toEqual([false, true]);
    expect(revocations.holds("alice", revocations.mark)).toBe(true);
    join("alice");
    // Established by who knew of a later one already.
    join("bob", 99);
    await revocations.revoke("bob");
    expect(ended).toEqual([`alice ${CLOSE.expired.code}`, `bob ${CLOSE.expired.code}`]);
  });

  it("S12: are told to the nodes that host the user, and looked for at once where it is heard", async () => {
    const { clock, store, revocations, ended, told, join } = await scene();
    await revocations.start();
    await revocations.revoke("alice");
    expect(told).toEqual(["alice by u:alice"]);
    join("bob");
    await store.revoke("bob", 3_600_000);
    for (let times = 0; times < 100; times++) revocations.hinted();
    await clock.settle();
    expect(ended).toEqual([`bob ${CLOSE.expired.code}`]);
    expect(told).toHaveLength(1);
    revocations.stop();
    await store.revoke("bob", 3_600_000);
    revocations.hinted();
    await clock.settle();
    expect(revocations.mark).toBe(2);
  });

  it("S12: of others are found in time, page by page", async () => {
    const { clock, store, revocations } = await scene();
    await revocations.start();
    for (let user = 0; user < 2_500; user++) await store.revoke(`u${user}`, 3_600_000);
    await clock.advance(2_500);
    expect([revocations.mark, revocations.size]).toEqual([2_500, 2_500]);
    expect([revocations.holds("u0", 0), revocations.holds("u2499", 2_499)]).toEqual([false, false]);
    revocations.stop();
    expect(clock.pending).toBe(0);
  });

  it("are remembered for as long as a token lives that was signed before, and forgotten then", async () => {
    const { clock, revocations } = await scene();
    await revocations.start();
    await revocations.revoke("alice");
    await clock.advance(LIFE_MS + DEFAULT_LIMITS.revocationsEveryMs);
    expect(revocations.holds("alice", 0)).toBe(false);
    await clock.advance(5 * DEFAULT_LIMITS.revocationsEveryMs);
    expect(revocations.size).toBe(0);
  });

  it("S12: of whom too many are to be remembered are refused all the same, with what else is as old", async () => {
    const { revocations } = await scene({ rememberedMax: 2 });
    await revocations.start();
    for (const user of ["a", "b", "c"]) await revocations.revoke(user);
    expect(revocations.size).toBe(2);
    expect(["a", "b", "c"].map((user) => revocations.holds(user, 0))).toEqual([false, false, false]);
    // Of nobody who was revoked, but older than what was forgotten: authenticated anew.
    expect([revocations.holds("dora", 0), revocations.holds("dora", 1)]).toEqual([false, true]);
  });

  it("S12: are forgotten by their latest, oldest first", async () => {
    const { revocations } = await scene({ rememberedMax: 2 });
    await revocations.start();
    for (const user of ["a", "b", "a", "c"]) await revocations.revoke(user);
    // b, of mark 2, is forgotten: what is as new as that holds, but of a and c.
    expect(["dora", "a", "c"].map((user) => revocations.holds(user, 2))).toEqual([true, false, false]);
  });

  it("sign for as long as a token may live while the store answers", async () => {
    const { clock, revocations } = await scene();
    await revocations.start();
    for (let look = 0; look < 20; look++) {
      await clock.advance(700);
      expect(revocations.tokenMs).toBe(LIFE_MS);
    }
    revocations.stop();
    await clock.advance(60_000);
    expect(revocations.tokenMs).toBeLessThan(LIFE_MS - 50_000);
    await clock.advance(200_000);
    expect(revocations.tokenMs).toBe(0);
  });
});
