import { describe, expect, it } from "vitest";
import { SeededRandom } from "./seeded-random.ts";

describe("SeededRandom", () => {
  it("I28: gives the same for the same seed, on every machine", () => {
    const random = new SeededRandom(42);
    // mulberry32 of seed 42, as its author's C gives it.
    expect([random.float(), random.float(), random.float()].map((float) => Math.round(float * 2 ** 32))).toEqual([
      2581720956, 1925393290, 3661312704,
    ]);
    expect(new SeededRandom(7).bytes(8)).toEqual(new SeededRandom(7).bytes(8));
  });

  it("gives another for another seed", () => {
    expect(new SeededRandom(1).bytes(16)).not.toEqual(new SeededRandom(2).bytes(16));
  });

  it("stays within its bounds, and uses all of them", () => {
    const random = new SeededRandom(3);
    const seen = new Set(Array.from({ length: 1_000 }, () => random.below(10)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (let draw = 0; draw < 1_000; draw++) {
      const float = random.float();
      expect(float >= 0 && float < 1).toBe(true);
    }
  });
});
