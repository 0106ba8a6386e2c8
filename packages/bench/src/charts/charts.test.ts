import { describe, expect, it } from "vitest";
import { drawCharts } from "./charts.ts";
import type { Result } from "./results.ts";

const fanout = (n: number, rate: number | null, costs: Readonly<Record<string, number>>): Result => ({
  scenario: "fanout",
  parameters: { n, rate },
  peers: Object.fromEntries(
    Object.entries(costs).map(([peer, cost]) => [peer, { cpuSecondsPerMillion: cost, guarantees: "" }]),
  ),
  goals: [],
});

describe("charts of what was measured", () => {
  const results = [
    fanout(100, null, { earshot: 2, "ws-batch": 2 }),
    fanout(1_000, null, { earshot: 2, "ws-batch": 1.5 }),
    fanout(1_000, 10, { earshot: 9, "ws-shared": 7.5 }),
  ];

  it("are drawn where there is something to draw, and only there", () => {
    expect(drawCharts(results).map(({ file }) => file)).toEqual([
      "fanout-saturated.svg",
      "fanout-rate.svg",
      "fanout-members.svg",
    ]);
    expect(drawCharts([])).toEqual([]);
  });

  it("keep cases apart: a bar for each peer of one case, a point for each size", () => {
    const charts = new Map(drawCharts(results).map(({ file, svg }) => [file, svg]));
    expect(charts.get("fanout-rate.svg")?.match(/<rect/g)).toHaveLength(2);
    expect(charts.get("fanout-rate.svg")).not.toContain("ws-batch");
    expect(charts.get("fanout-members.svg")?.match(/<circle/g)).toHaveLength(4);
  });
});
