import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Sweeper, type Swept } from "./heartbeat.ts";

class Watched implements Swept {
  readonly sweeps: { readonly now: number; readonly fresh: boolean }[] = [];
  sweep(now: number, fresh: boolean): void {
    this.sweeps.push({ now, fresh });
  }
}

/** A clock whose timers a stalled process runs late. */
class StalledClock extends ManualClock {
  stalledMs = 0;
  override monotonic(): number {
    return super.monotonic() + this.stalledMs;
  }
}

describe("Sweeper", () => {
  it("looks at everyone once a second, by one timer for all", async () => {
    const clock = new ManualClock();
    const sweeper = new Sweeper(clock);
    const watched = Array.from({ length: 100 }, () => new Watched());
    for (const one of watched) sweeper.add(one);
    expect(clock.pending).toBe(1);
    await clock.advance(3_000);
    for (const one of watched) expect(one.sweeps.map(({ now }) => now)).toEqual([1_000, 2_000, 3_000]);
    expect(clock.pending).toBe(1);
  });

  it("says so when the process stood still, once (trap 27)", async () => {
    const clock = new StalledClock();
    const sweeper = new Sweeper(clock);
    const watched = new Watched();
    sweeper.add(watched);
    await clock.advance(1_000);
    clock.stalledMs = 45_000;
    await clock.advance(2_000);
    expect(watched.sweeps.map(({ fresh }) => fresh)).toEqual([false, true, false]);
  });

  it("takes a sweep that is a little late for what it is", async () => {
    const clock = new StalledClock();
    const sweeper = new Sweeper(clock);
    const watched = new Watched();
    sweeper.add(watched);
    clock.stalledMs = 1_900;
    await clock.advance(1_000);
    expect(watched.sweeps.map(({ fresh }) => fresh)).toEqual([false]);
  });

  it("I25: has no timer when there is nobody to look at", async () => {
    const clock = new ManualClock();
    const sweeper = new Sweeper(clock);
    const watched = new Watched();
    expect(clock.pending).toBe(0);
    sweeper.add(watched);
    sweeper.remove(watched);
    expect(clock.pending).toBe(0);
    sweeper.add(watched);
    await clock.advance(1_000);
    sweeper.remove(watched);
    expect(clock.pending).toBe(0);
    await clock.advance(5_000);
    expect(watched.sweeps).toHaveLength(1);
  });

  it("I25: arms once when the last one leaves in the middle of a sweep and another comes", async () => {
    const clock = new ManualClock();
    const sweeper = new Sweeper(clock);
    const comes = new Watched();
    const leaves: Swept = {
      sweep() {
        sweeper.remove(leaves);
        sweeper.add(comes);
      },
    };
    sweeper.add(leaves);
    await clock.advance(1_000);
    expect(clock.pending).toBe(1);
    expect(sweeper.size).toBe(1);
    await clock.advance(2_000);
    expect(comes.sweeps.length).toBeGreaterThanOrEqual(2);
    expect(comes.sweeps.length).toBeLessThanOrEqual(3);
    expect(clock.pending).toBe(1);
  });
});
