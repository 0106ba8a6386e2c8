import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RateLimit } from "./rate-limit.ts";

describe("RateLimit", () => {
  it("I23: lets at most burst + rate · w pass in any window of w seconds", () => {
    const attempts = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        attempts,
        (perSecond, burst, given) => {
          const limit = new RateLimit(perSecond, burst, 0);
          const passed: number[] = [];
          let now = 0;
          for (const [pause, tries] of given) {
            now += pause;
            for (let attempt = 0; attempt < tries; attempt++) {
              if (limit.wait(now) > 0) continue;
              limit.take();
              passed.push(now);
            }
          }
          for (const [first, from] of passed.entries()) {
            for (const [last, to] of passed.entries()) {
              if (last < first) continue;
              const bound = burst + (perSecond * (to - from)) / 1000;
              expect(last - first + 1).toBeLessThanOrEqual(bound + 1e-6);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("I23: who waits as long as told passes then, and not a ms earlier", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 10 }), (perSecond, burst) => {
        const limit = new RateLimit(perSecond, burst, 0);
        for (let sent = 0; sent < burst; sent++) {
          expect(limit.wait(0)).toBe(0);
          limit.take();
        }
        const wait = limit.wait(0);
        expect(wait).toBe(Math.ceil(1000 / perSecond));
        if (wait > 1) expect(limit.wait(wait - 1)).toBeGreaterThan(0);
        expect(limit.wait(wait)).toBe(0);
      }),
    );
  });

  it("takes nothing by asking", () => {
    const limit = new RateLimit(1, 1, 0);
    expect([limit.wait(0), limit.wait(0), limit.wait(0)]).toEqual([0, 0, 0]);
  });

  it("does not fill faster when its clock is asked about the past", () => {
    const limit = new RateLimit(1, 1, 10_000);
    limit.take();
    expect(limit.wait(0)).toBe(1_000);
    expect(limit.wait(10_000)).toBe(1_000);
  });
});
