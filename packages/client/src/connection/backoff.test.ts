import { describe, expect, it } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { hastenedDelay, type ReconnectCase, reconnectDelay } from "./backoff.ts";

const of = (more: Partial<ReconnectCase>): ReconnectCase => ({
  attempt: 0,
  welcomed: true,
  own: false,
  spreadMs: 400,
  ...more,
});
const at = (part: number) => ({ float: () => part });
const most = (more: Partial<ReconnectCase>): number => reconnectDelay(of(more), at(1));

describe("reconnectDelay", () => {
  it("comes back within `spread` after the other side's end, within 500 ms after its own", () => {
    expect(most({ spreadMs: 25_000 })).toBe(25_000);
    expect(most({ spreadMs: 0 })).toBe(0);
    expect(most({ spreadMs: 25_000, own: true })).toBe(500);
  });

  it("then waits with full jitter below a bound that doubles up to 30 s", () => {
    const bounds = [0, 1, 2, 3, 4, 5, 6, 60, 2_000].map((attempt) => most({ welcomed: false, attempt }));
    expect(bounds).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
    expect(reconnectDelay(of({ welcomed: false, attempt: 9 }), at(0))).toBe(0);
  });

  it("climbs when sessions die young, but never comes back sooner than `spread` allows", () => {
    expect(most({ attempt: 1 })).toBe(2_000);
    expect(most({ attempt: 1, spreadMs: 25_000 })).toBe(25_000);
    expect(most({ attempt: 5, spreadMs: 400 })).toBe(30_000);
  });

  it("I24: a fleet comes back evenly: 50,000 clients, 25 s of spread, no second with more than 1.1 times its share", () => {
    const random = new SeededRandom(1);
    const seconds = new Array<number>(25).fill(0);
    for (let client = 0; client < 50_000; client++) {
      const second = Math.floor(reconnectDelay(of({ spreadMs: 25_000 }), random) / 1_000);
      seconds[second] = (seconds[second] ?? 0) + 1;
    }
    expect(Math.max(...seconds)).toBeLessThan(2_200);
  });

  it("hurries within 500 ms", () => {
    expect(hastenedDelay(at(1))).toBe(500);
  });
});
