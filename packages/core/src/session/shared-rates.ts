import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { RateLimiter, SharedLimiters } from "../ports/rate-limiter.ts";

export interface SharedRatesSurroundings {
  readonly shared: SharedLimiters;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly logger: Logger;
  readonly limits: { readonly sharedRateWithinMs: number };
}

/** Time between two warnings that a limiter does not answer. */
const WARNINGS_APART_MS = 60_000;

/**
 * Asks the limits that all nodes share. What does not answer, or not in time, lets everybody pass: a Redis that is
 * away must not keep people out, and each node has limits of its own (S42).
 */
export class SharedRates {
  readonly #house: SharedRatesSurroundings;
  readonly #all: ReadonlySet<RateLimiter>;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(house: SharedRatesSurroundings) {
    this.#house = house;
    const { hellosPerAddress, hellosPerUser } = house.shared;
    this.#all = new Set([hellosPerAddress, hellosPerUser].filter((limiter) => limiter !== undefined));
  }

  /** Opens them, one after the other. Rejects as they do. */
  async open(): Promise<void> {
    for (const limiter of this.#all) await limiter.open();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((limiter) => limiter.close()));
  }

  /** Whether this limit is given at all: where it is not nobody waits for an answer. */
  has(name: keyof SharedLimiters): boolean {
    return this.#house.shared[name] !== undefined;
  }

  /** Whether one more passes. Never rejects. */
  async passes(name: keyof SharedLimiters, key: string): Promise<boolean> {
    const limiter = this.#house.shared[name];
    if (limiter === undefined) return true;
    try {
      return (await this.#inTime(limiter.take(key))) <= 0;
    } catch (error) {
      this.#warn(name, error);
      return true;
    }
  }

  #inTime(taking: Promise<number>): Promise<number> {
    const { clock, limits } = this.#house;
    return new Promise((resolve, reject) => {
      const timer = clock.after(limits.sharedRateWithinMs, () => reject(new Error("no answer in time")));
      taking.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  #warn(limit: string, error: unknown): void {
    const now = this.#house.clock.monotonic();
    if (now - this.#warnedAt < WARNINGS_APART_MS) return;
    this.#warnedAt = now;
    const name = error instanceof Error ? error.name : typeof error;
    this.#house.logger.warn({ limit, name }, "a shared limit did not answer, and lets everybody pass");
  }
}
