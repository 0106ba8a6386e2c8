import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Admission } from "./admission.ts";

const passing = (admission: Admission, tries: number): number =>
  Array.from({ length: tries }, () => admission.admit()).filter((admitted) => admitted).length;

describe("Admission", () => {
  it("S42: admits so many in a second, and as many in the next", async () => {
    const clock = new ManualClock();
    const admission = new Admission(clock, 100);
    expect(passing(admission, 150)).toBe(100);
    await clock.advance(999);
    expect(passing(admission, 10)).toBe(0);
    await clock.advance(1);
    expect(passing(admission, 150)).toBe(100);
  });

  it("I27: looks at no wall clock", () => {
    const clock = new ManualClock();
    const admission = new Admission(clock, 10);
    passing(admission, 10);
    clock.stepWall(-3_600_000);
    expect(passing(admission, 10)).toBe(0);
    clock.stepWall(7_200_000);
    expect(passing(admission, 10)).toBe(0);
  });

  // Trap 22: 50,000 clients at 2,000 a second come back over 25 s.
  it.each([
    [1, 2_000, 400],
    [800, 2_000, 400],
    [801, 2_000, 401],
    [50_000, 2_000, 25_000],
    [100_000, 500, 200_000],
    [0, 2_000, 400],
  ])("spreads %i connections at %i a second over %i ms", (connections, perSecond, spread) => {
    expect(new Admission(new ManualClock(), perSecond).spread(connections)).toBe(spread);
  });
});
