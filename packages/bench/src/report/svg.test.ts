import { describe, expect, it } from "vitest";
import { apart, barChart, lineChart, roundUp, short } from "./svg.ts";

describe("charts", () => {
  it("draw each bar as long as its value, and say it", () => {
    const svg = barChart({
      title: "cost & more",
      unit: "µs",
      bars: [
        { label: "a<b", value: 2, own: true },
        { label: "c", value: 1, own: false },
      ],
    });
    const widths = [...svg.matchAll(/<rect[^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(widths[0]).toBe(2 * (widths[1] ?? 0));
    expect(svg).toContain("a&lt;b");
    expect(svg).toContain("cost &amp; more");
  });

  it("draw what is flat as flat, at distances of x's logarithm", () => {
    const points = [
      [10, 3],
      [100, 3],
      [1_000, 3],
    ] as const;
    const svg = lineChart({ title: "t", xLabel: "x", unit: "ms", series: [{ name: "s", points, own: true }] });
    const places = (/points="([^"]*)"/.exec(svg)?.[1] ?? "").split(" ").map((place) => place.split(",").map(Number));
    const [[x0 = 0, y0] = [], [x1 = 0, y1] = [], [x2 = 0, y2] = []] = places;
    expect([y1, y2]).toEqual([y0, y0]);
    expect(Math.abs(x1 - x0 - (x2 - x1))).toBeLessThan(0.3);
  });

  it("keep labels apart without changing their order", () => {
    expect(apart([100, 102, 40])).toEqual([100, 115, 40]);
  });

  it("end the axis at a round number", () => {
    expect([0.7, 1, 3.1, 42, 990].map(roundUp)).toEqual([0.8, 1, 4, 50, 1_000]);
    expect([0.12345, 1_234_567].map(short)).toEqual(["0.123", "1,230,000"]);
  });
});
