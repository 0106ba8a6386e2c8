import { describe, expect, it } from "vitest";
import { systemRandom } from "./system-random.ts";

describe("systemRandom", () => {
  it("S13: gives as many bytes as asked for, different ones each time", () => {
    const keys = Array.from({ length: 100 }, () => Buffer.from(systemRandom.bytes(16)).toString("hex"));
    expect(new Set(keys).size).toBe(100);
    for (const key of keys) expect(key).toHaveLength(32);
  });

  it("gives floats in [0, 1), different ones each time", () => {
    const floats = Array.from({ length: 100 }, () => systemRandom.float());
    for (const float of floats) {
      expect(float).toBeGreaterThanOrEqual(0);
      expect(float).toBeLessThan(1);
    }
    expect(new Set(floats).size).toBeGreaterThan(90);
  });
});
