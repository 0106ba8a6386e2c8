import { describe, expect, it } from "vitest";
import { goalOutcome } from "./goals.ts";

const figures = new Map([
  ["one", { cost: 3 }],
  ["other", { cost: 2 }],
]);

describe("goalOutcome", () => {
  it("measures a figure by another peer's", () => {
    const goal = { peer: "one", figure: "cost", bound: "at most", value: 1.4, of: "other" } as const;
    expect(goalOutcome(goal, figures)).toEqual({ goal: "one cost at most 1.4 × other", measured: 1.5, met: false });
    expect(goalOutcome({ ...goal, value: 1.5 }, figures)?.met).toBe(true);
  });

  it("gives away what may be added", () => {
    const goal = { peer: "one", figure: "cost", bound: "at most", value: 1, of: "other", plus: 1 } as const;
    expect(goalOutcome(goal, figures)).toEqual({ goal: "one cost at most 1 × other + 1", measured: 1, met: true });
  });

  it("measures a figure alone, from either side", () => {
    const goal = { peer: "one", figure: "cost", value: 3.5 } as const;
    expect(goalOutcome({ ...goal, bound: "at most" }, figures)?.met).toBe(true);
    expect(goalOutcome({ ...goal, bound: "at least" }, figures)?.met).toBe(false);
  });

  it("says nothing of what was not measured", () => {
    const goal = { peer: "one", figure: "cost", bound: "at most", value: 1, of: "third" } as const;
    expect(goalOutcome(goal, figures)).toBeNull();
  });
});
