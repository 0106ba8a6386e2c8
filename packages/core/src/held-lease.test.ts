import { describe, expect, it } from "vitest";
import { HeldLease } from "./held-lease.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { silentLogger } from "./system/silent-logger.ts";
import { Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

const TTL_MS = 30_000;

async function scene() {
  const clock = new ManualClock();
  const store = memoryStore({ clock });
  await store.open();
  const cut = new Lossy({ clock, random: new SeededRandom(1) });
  cut.on = false;
  const over = cut.wrap(store, { lease: { failBefore: 1 } });
  const lease = new HeldLease({ node: "n1", store: over, clock, logger: silentLogger }, "work", TTL_MS);
  /** Whether another node would have it now; it is given back at once. */
  const free = async (): Promise<boolean> => {
    const had = await store.lease("work", "n2", 1);
    if (had) await store.lease("work", "n2", 0);
    return had;
  };
  return { clock, store, cut, lease, free };
}

describe("HeldLease", () => {
  it("stays this node's for as long as it is not given up, by itself", async () => {
    const { clock, lease, free } = await scene();
    expect(lease.held).toBe(false);
    expect(await lease.claim()).toBe(true);
    for (let minute = 0; minute < 5; minute++) {
      await clock.advance(60_000);
      expect([lease.held, await free()]).toEqual([true, false]);
    }
    await lease.giveUp();
    expect([lease.held, await free(), clock.pending]).toEqual([false, true, 0]);
  });

  it("is another's while they have it", async () => {
    const { clock, store, lease } = await scene();
    await store.lease("work", "n2", 5_000);
    expect([await lease.claim(), lease.held, clock.pending]).toEqual([false, false, 0]);
    await clock.advance(5_000);
    expect([await lease.claim(), lease.held]).toEqual([true, true]);
  });

  it("outlives a renewal that fails, but not its time: then nobody here believes in it", async () => {
    const { clock, cut, lease } = await scene();
    await lease.claim();
    cut.on = true;
    await clock.advance(TTL_MS / 2);
    cut.on = false;
    await clock.advance(60_000);
    expect(lease.held).toBe(true);
    cut.on = true;
    await clock.advance(TTL_MS);
    expect([lease.held, clock.pending]).toEqual([false, 0]);
  });

  it("is lost when a renewal finds it another's", async () => {
    const { clock, store, lease } = await scene();
    await lease.claim();
    await store.lease("work", "n1", 0);
    await store.lease("work", "n2", 600_000);
    await clock.advance(TTL_MS);
    expect([lease.held, clock.pending]).toEqual([false, 0]);
    await lease.giveUp();
    expect(await store.lease("work", "n2", 1)).toBe(true);
  });

  it("is given up although the answer to its claim was lost", async () => {
    const { store, clock, free } = await scene();
    const lossy = new Lossy({ clock, random: new SeededRandom(1) });
    const over = lossy.wrap(store, { lease: { failAfter: 1 } });
    const lease = new HeldLease({ node: "n1", store: over, clock, logger: silentLogger }, "work", TTL_MS);
    await expect(lease.claim()).rejects.toMatchObject({ code: "unavailable" });
    expect([lease.held, await free()]).toEqual([false, false]);
    await lease.giveUp();
    expect(await free()).toBe(true);
  });
});
