import type { RateLimiter } from "../../ports/rate-limiter.ts";
import type { Runner } from "./runner.ts";
import { portTraits } from "./traits.ts";

export interface RateLimiterUnderTest {
  /** Two nodes' ends of one limit, not open yet. */
  readonly nodes: readonly [RateLimiter, RateLimiter];
  /** Lets `ms` pass by the limit's own time. */
  pass(ms: number): Promise<void>;
  /** Closes what is still open, and removes what was left behind. */
  destroy(): Promise<void>;
}

export interface RateLimiterAdapter {
  /** What passes in a window, from 4; and a window that can be waited for, in ms. */
  readonly max: number;
  readonly windowMs: number;
  /** A limit of its own for each call. */
  create(): Promise<RateLimiterUnderTest>;
}

/** Every promise of the `RateLimiter` port. */
export function rateLimiterSuite(runner: Runner, adapter: RateLimiterAdapter): void {
  const { describe, it, expect } = runner;
  const { max, windowMs } = adapter;
  const withNodes =
    (run: (one: RateLimiter, two: RateLimiter, underTest: RateLimiterUnderTest) => Promise<void>) => async () => {
      const underTest = await adapter.create();
      const [one, two] = underTest.nodes;
      try {
        await one.open();
        await two.open();
        await run(one, two, underTest);
      } finally {
        await underTest.destroy();
      }
    };

  describe("a shared limit", () => {
    it(
      "lets so many pass as it says, over all nodes at once, and tells the others how long to wait",
      withNodes(async (one, two) => {
        const waits = await Promise.all(Array.from({ length: 3 * max }, (_, n) => (n % 2 ? one : two).take("key")));
        expect(waits.filter((wait) => wait === 0).length).toBe(max);
        for (const wait of waits.filter((each) => each !== 0)) {
          expect(wait).toBeGreaterThan(0);
          expect(wait <= windowMs, `${wait} ms`).toBe(true);
        }
      }),
    );

    it(
      "counts each key for itself, whatever its characters",
      withNodes(async (one, two) => {
        const keys = ["alice", "alice ", "Alice", "a:b", "a", "{a}", "2001:db8:0:1", "é\n", "*", "__proto__"];
        for (const key of keys) expect(await one.take(key, max), key).toBe(0);
        for (const key of keys) expect(await two.take(key), key).toBeGreaterThan(0);
      }),
    );

    it(
      "takes what something costs, or nothing",
      withNodes(async (one, two) => {
        expect(await one.take("key", max - 1)).toBe(0);
        expect(await two.take("key")).toBe(0);
        expect(await one.take("key")).toBeGreaterThan(0);
      }),
    );

    it(
      "lets them pass again when the window is over",
      withNodes(async (one, two, { pass }) => {
        expect(await one.take("key", max)).toBe(0);
        expect(await two.take("key")).toBeGreaterThan(0);
        await pass(windowMs + 50);
        expect(await two.take("key", max)).toBe(0);
      }),
    );
  });

  portTraits(
    runner,
    async () => {
      const { nodes, destroy } = await adapter.create();
      return { port: nodes[0], destroy };
    },
    { take: (limiter) => limiter.take("key", 1) },
  );
}
