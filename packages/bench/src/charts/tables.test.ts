import { describe, expect, it } from "vitest";
import type { Result } from "./results.ts";
import { withMeasured } from "./tables.ts";

const result: Result = {
  scenario: "slow",
  parameters: { members: 5_000, stopped: 50 },
  peers: { earshot: { p99Times: 1.0321, guarantees: "" } },
  goals: [{ goal: "earshot p99Times at most 1.25", measured: 1.0321, met: true }],
};

const chart = { scenario: "slow", title: "t, ms", file: "s.svg", svg: "" };

describe("tables of what was measured", () => {
  it("take the place of what stood there, with charts and figures, as far as there are", () => {
    const page = "a\n<!-- measured:slow -->\nold\n<!-- /measured -->\nb";
    expect(withMeasured(page, [result], [chart])).toBe(
      "a\n<!-- measured:slow -->\n\n![t, ms](performance/s.svg)\n\n| members | stopped | p99 with / without |\n| --- | --- | --- |\n" +
        "| 5,000 | 50 | 1.03 |\n\n<!-- /measured -->\nb",
    );
  });

  it("tell of each goal whether it was met", () => {
    const page = "<!-- measured:goals -->\n<!-- /measured -->";
    expect(withMeasured(page, [result], [])).toContain(
      "| slow | members 5,000, stopped 50 | earshot p99Times at most 1.25 | 1.03 | met |",
    );
  });

  it("are refused where nobody knows their name", () => {
    expect(() => withMeasured("<!-- measured:nothing -->\n<!-- /measured -->", [], [])).toThrow();
  });
});
