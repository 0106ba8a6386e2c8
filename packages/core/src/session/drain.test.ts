import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { drainDelays } from "./drain.ts";

describe("the delays of a drain", () => {
  it("I22: are spread evenly over the window, each in its own share, and leave the last of it free", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer(),
        (count, within, seed) => {
          const delays = drainDelays(count, within, new SeededRandom(seed));
          expect(delays).toHaveLength(count);
          const share = (within * 0.8) / count;
          for (const [place, delay] of delays.entries()) {
            expect(delay).toBeGreaterThanOrEqual(Math.floor(place * share));
            expect(delay).toBeLessThan((place + 1) * share + 1);
          }
          expect(Math.max(...delays)).toBeLessThan(within * 0.8 + 1);
        },
      ),
    );
  });

  it("are none for nobody", () => {
    expect(drainDelays(0, 20_000, new SeededRandom(1))).toEqual([]);
  });
});
