import { describe, expect, it } from "vitest";
import { Latencies } from "./latencies.ts";

describe("Latencies", () => {
  it("gives the time within which a share came", () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 100; ms++) latencies.add(ms - 0.01);
    expect(latencies.figures()).toEqual({ p50Ms: 50, p95Ms: 95, p99Ms: 99 });
  });

  it("of none is none, and counts what took too long in its last place", () => {
    const latencies = new Latencies();
    expect(latencies.percentile(0.5)).toBeNaN();
    latencies.add(1e9);
    expect(latencies.percentile(0.5)).toBe(10_000);
  });
});
