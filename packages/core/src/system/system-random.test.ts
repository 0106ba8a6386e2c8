import { describe, expect, it } from "vitest";
import { systemRandom } from "./system-random.ts";

describe("systemRandom", () => {
  it("S13: gives as many bytes as asked for, different ones each time", () => {
    const keys = Array.from({ length: 100 }, () => Buffer.from(systemRandom.bytes(16)).toString("hex"));
    expect(new Set(keys).size).toBe(100);
    for (const key of keys) expect(key).toHaveLength(32);
  });

  it("S13: gives no byte twice, and nothing that changes later, whatever it was asked for before", () => {
    const given = [3, 16, 500, 513, 5_000, 1, 512, 512, 0].map((count) => {
      const bytes = systemRandom.bytes(count);
      expect(bytes).toHaveLength(count);
      return { bytes, before: Buffer.from(bytes).toString("hex") };
    });
    for (let round = 0; round < 1_000; round++) systemRandom.bytes(16);
    for (const { bytes, before } of given) expect(Buffer.from(bytes).toString("hex")).toBe(before);
    const long = given.map(({ before }) => before).filter((text) => text.length >= 32);
    for (const text of long) expect(long.filter((other) => other.includes(text.slice(0, 32)))).toHaveLength(1);
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
