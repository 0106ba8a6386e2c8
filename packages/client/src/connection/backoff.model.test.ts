import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { reconnectDelay } from "./backoff.ts";

const CLIENTS = 50_000;
const ADMITTED_EACH_SECOND = 2_000;
/** `spread` as a gateway tells it: its connections divided by the rate at which the cluster takes new ones. */
const SPREAD_MS = (CLIENTS / ADMITTED_EACH_SECOND) * 1_000;

interface Herd {
  /** Attempts in the busiest second. */
  readonly peak: number;
  readonly attemptsPerClient: number;
  /** Seconds after which 99 % were in, and the last one. */
  readonly mostInBy: number;
  readonly allInBy: number;
}

/**
 * A gateway dies with all its clients, and the cluster takes so many a second, evenly; who comes when its share of
 * that second is gone is sent away, and comes again in another second. `first`: delay before the first attempt, `again`:
 * after `attempt` failed ones; ms.
 */
function herd(seed: number, first: (random: SeededRandom) => number, again: typeof first | null = null): Herd {
  const random = new SeededRandom(seed);
  const retry = (attempt: number): number =>
    reconnectDelay({ attempt, welcomed: false, own: false, spreadMs: SPREAD_MS }, random);
  /** Who attempts in each second: how often they have before. */
  const seconds: number[][] = [];
  const attemptAt = (ms: number, before: number): void => {
    const at = Math.floor(ms / 1_000);
    seconds[at] ??= [];
    seconds[at].push(before);
  };
  for (let client = 0; client < CLIENTS; client++) attemptAt(first(random), 0);
  let [peak, attempts, inside, second, mostInBy] = [0, 0, 0, 0, 0];
  for (; inside < CLIENTS; second++) {
    const coming = seconds[second] ?? [];
    peak = Math.max(peak, coming.length);
    attempts += coming.length;
    inside += Math.min(coming.length, ADMITTED_EACH_SECOND);
    if (inside < 0.99 * CLIENTS) mostInBy = second + 2;
    // at once: they are told before they have said anything
    for (const before of coming.slice(ADMITTED_EACH_SECOND)) {
      const delay = again === null ? retry(before) : again(random);
      attemptAt(second * 1_000 + Math.max(1_000, delay), before + 1);
    }
  }
  return { peak, attemptsPerClient: attempts / CLIENTS, mostInBy, allInBy: second };
}

const bySpread = (random: SeededRandom): number =>
  reconnectDelay({ attempt: 0, welcomed: true, own: false, spreadMs: SPREAD_MS }, random);

describe("reconnectDelay, of a whole fleet", () => {
  it("I24: 50,000 clients of a dead gateway come once each, evenly: at most 1.2 times what is admitted at once, most in by 26 s and the last by 60 s", {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { peak, attemptsPerClient, mostInBy, allInBy } = herd(seed, bySpread);
        expect(peak).toBeLessThanOrEqual(1.2 * ADMITTED_EACH_SECOND);
        expect(attemptsPerClient).toBeLessThanOrEqual(1.2);
        expect(mostInBy).toBeLessThanOrEqual(SPREAD_MS / 1_000 + 1);
        expect(allInBy).toBeLessThanOrEqual(60);
      }),
      { numRuns: 3 },
    );
  });

  it("I24: and not without the spread: where only retries are jittered all stand before the door at once", {
    timeout: 60_000,
  }, () => {
    const fullJitter = (random: SeededRandom): number =>
      reconnectDelay({ attempt: 0, welcomed: false, own: false, spreadMs: 0 }, random);
    const { peak, attemptsPerClient, mostInBy } = herd(1, fullJitter);
    expect(peak).toBe(CLIENTS);
    expect(attemptsPerClient).toBeGreaterThan(5);
    expect(mostInBy).toBeGreaterThan(35);
  });

  it("I24: nor by waiting the same time each: that comes in waves for minutes", { timeout: 60_000 }, () => {
    const always = (): number => 1_000;
    const { peak, attemptsPerClient } = herd(1, always, always);
    expect(peak).toBe(CLIENTS);
    expect(attemptsPerClient).toBeGreaterThan(10);
  });

  it("I24: never waits longer than the longest bound, and after a session never less evenly than `spread`", {
    timeout: 60_000,
  }, () => {
    const given = fc.record({
      attempt: fc.nat(2_000),
      welcomed: fc.boolean(),
      own: fc.boolean(),
      spreadMs: fc.nat(300_000),
    });
    fc.assert(
      fc.property(given, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (of, part) => {
        const delay = reconnectDelay(of, { float: () => part });
        const longest = reconnectDelay(of, { float: () => 1 });
        expect(delay).toBeCloseTo(part * longest);
        // what a client waits at most follows from a doubling that stops, and from what the gateway asked for
        let retry = 1_000;
        for (let doubled = 0; doubled < of.attempt && retry < 30_000; doubled++) retry *= 2;
        retry = Math.min(retry, 30_000);
        const asked = of.own ? 500 : of.spreadMs;
        if (!of.welcomed) expect(longest).toBe(retry);
        else if (of.attempt === 0) expect(longest).toBe(asked);
        else expect(longest).toBe(Math.max(asked, retry));
      }),
    );
  });
});
