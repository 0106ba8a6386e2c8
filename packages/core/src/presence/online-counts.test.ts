import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { OnlineCounts } from "./online-counts.ts";

function countsOf(size: number) {
  const clock = new ManualClock();
  const here = new Set<string>(["u1"]);
  let reads = 0;
  let failing = false;
  const counts = new OnlineCounts({
    clock,
    limits: { rememberedMax: 10 },
    members: async () => {
      reads++;
      if (failing) throw new Error("no store");
      return Array.from({ length: size }, (_, index) => `u${index}`);
    },
    online: (users) => [...users].filter((user) => here.has(user)).length,
  });
  const ask = () => counts.of("c1", { members: size, membersVersion: 1 });
  return { ask, clock, here, reads: () => reads, fail: (on: boolean) => (failing = on) };
}

describe("OnlineCounts", () => {
  it("counts a small conversation anew each time", async () => {
    const { ask, here } = countsOf(100);
    expect(await ask()).toBe(1);
    here.add("u2").add("stranger");
    expect(await ask()).toBe(2);
  });

  it("S47: reads a large one's members once for all who ask within 5 s", async () => {
    const { ask, here, clock, reads } = countsOf(101);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
    here.add("u2");
    await clock.advance(4_999);
    expect(await ask()).toBe(1);
    expect(reads()).toBe(1);
    await clock.advance(1);
    expect(await ask()).toBe(2);
  });

  it("keeps no failure", async () => {
    const { ask, fail } = countsOf(101);
    fail(true);
    await expect(ask()).rejects.toThrow();
    fail(false);
    expect(await ask()).toBe(1);
  });
});
