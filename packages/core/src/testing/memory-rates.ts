import { ChatError } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { RateLimiter } from "../ports/rate-limiter.ts";

/** What the nodes of one process count together, for tests. */
export class MemoryRates {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #max: number;
  readonly #windowMs: number;
  readonly #windows = new Map<string, { taken: number; readonly until: number }>();

  constructor(clock: Pick<Clock, "monotonic">, max: number, windowMs: number) {
    this.#clock = clock;
    this.#max = max;
    this.#windowMs = windowMs;
  }

  /** ms to wait; 0: it was taken. */
  take(key: string, cost: number): number {
    const now = this.#clock.monotonic();
    let window = this.#windows.get(key);
    if (window === undefined || window.until <= now) {
      window = { taken: 0, until: now + this.#windowMs };
      this.#windows.set(key, window);
    }
    if (window.taken + cost > this.#max) return window.until - now;
    window.taken += cost;
    return 0;
  }
}

/** One node's end of it. */
export function memoryRateLimiter(rates: MemoryRates): RateLimiter {
  let state: "new" | "open" | "closed" = "new";
  const requireOpen = (): void => {
    if (state !== "open") throw new ChatError("closed", "unable to limit rates; it is not open");
  };
  return {
    open: async () => {
      if (state !== "new") throw new ChatError("conflict", "unable to open rate limiter; it was opened before");
      state = "open";
    },
    close: async () => {
      state = "closed";
    },
    ping: async () => requireOpen(),
    take: async (key, cost = 1) => {
      requireOpen();
      return rates.take(key, cost);
    },
  };
}
