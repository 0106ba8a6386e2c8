import { describe, expect, it } from "vitest";
import { backOffMs } from "./back-off.ts";

describe("backOffMs", () => {
  it("spreads the first attempt as the server wished, and doubles from then on up to half a minute", () => {
    expect([0, 1, 2, 3, 9].map((attempt) => backOffMs(attempt, 400, 0.5))).toEqual([200, 1_000, 2_000, 4_000, 15_000]);
  });
});
