import { describe, expect, it } from "vitest";
import { median, quantile } from "./median.ts";

describe("median", () => {
  it("is the one in the middle, whatever the order", () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it("lies between the two in the middle", () => {
    expect(median([4, 1, 2, 100])).toBe(3);
  });

  it("of none is none", () => {
    expect(median([])).toBeNaN();
  });
});

describe("quantile", () => {
  it("gives the ends and the quarters", () => {
    const values = [5, 1, 3, 2, 4];
    expect([0, 0.25, 0.75, 1].map((share) => quantile(values, share))).toEqual([1, 2, 4, 5]);
  });
});
