import type { Clock } from "../ports/clock.ts";

/** Shortest spread told to clients, so that a few still do not come as one. */
const SPREAD_MIN_MS = 400;

/**
 * How many newcomers a node takes a second, and over which time its clients should come back if it
 * dies: connections divided by that rate (trap 22), so that each comes once, evenly.
 */
export class Admission {
  readonly #clock: Clock;
  readonly #perSecond: number;
  #second = 0;
  #admitted = 0;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Whether one more may come in now. */
  admit(): boolean {
    const second = Math.floor(this.#clock.monotonic() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#admitted = 0;
    }
    if (this.#admitted >= this.#perSecond) return false;
    this.#admitted++;
    return true;
  }

  /** Upper bound of a client's first delay when it comes back, in ms. */
  spread(connections: number): number {
    return Math.max(SPREAD_MIN_MS, Math.ceil((connections / this.#perSecond) * 1_000));
  }
}
