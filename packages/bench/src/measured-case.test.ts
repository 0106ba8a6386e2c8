import { describe, expect, it } from "vitest";
import { measureCase, medians } from "./measured-case.ts";

describe("measureCase", () => {
  it("measures every peer once before any of them again, and lets go of what the case kept", async () => {
    const order: string[] = [];
    const measured = {
      parameters: {},
      goals: [],
      measure: async (peer: string, round: number) => {
        order.push(`${peer}${round}`);
        return { cost: order.length };
      },
      close: async () => void order.push("closed"),
    };
    const runs = await measureCase(measured, ["a", "b"], 2, () => {});
    expect(order).toEqual(["a0", "b0", "a1", "b1", "closed"]);
    expect(runs.get("b")).toEqual([{ cost: 2 }, { cost: 4 }]);
  });

  it("gives no figures of a void run", async () => {
    const measured = { parameters: {}, goals: [], measure: () => Promise.reject(new Error("one is missing")) };
    await expect(measureCase(measured, ["a"], 1, () => {})).rejects.toThrow(/a; run 1 is void: one is missing/);
  });
});

describe("medians", () => {
  it("are of each figure apart, over the runs that have it", () => {
    expect(medians([{ a: 1, b: 5 }, { a: 3 }, { a: 2, b: 6 }])).toEqual({ a: 2, b: 5.5 });
  });
});
