import { describe, expect, it, vi } from "vitest";
import { systemRandom } from "./system-random.ts";

describe("systemRandom", () => {
  it("is uniform in [0, 1), with the system's chance and without", () => {
    for (const has of [true, false]) {
      if (!has) vi.stubGlobal("crypto", undefined);
      const drawn = Array.from({ length: 1_000 }, () => systemRandom.float());
      expect(drawn.every((each) => each >= 0 && each < 1)).toBe(true);
      expect(new Set(drawn).size).toBeGreaterThan(990);
      const mean = drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
      expect(Math.abs(mean - 0.5)).toBeLessThan(0.06);
    }
    vi.unstubAllGlobals();
  });
});
