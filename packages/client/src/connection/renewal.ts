import { Alarm } from "../alarm.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";

/** How long before they expire credentials are renewed, in ms. */
const RENEW_BEFORE_MS = 25_000;
/** Shortest wait before renewing, and longest before trying once more, in ms. */
const RENEW_MIN_MS = 1_000;
const RENEW_AGAIN_MS = 5_000;

/** Keeps one session's credentials from expiring. */
export class Renewal {
  readonly #alarm: Alarm;
  readonly #random: Random;
  readonly #renew: () => void;

  constructor(clock: Clock, random: Random, renew: () => void) {
    this.#alarm = new Alarm(clock);
    this.#random = random;
    this.#renew = renew;
  }

  /** The credentials have so long to live, in ms by the gateway's clock. */
  livesFor(ms: number): void {
    const inMs = ms > RENEW_BEFORE_MS ? ms - RENEW_BEFORE_MS : ms / 2;
    this.#alarm.set(Math.max(RENEW_MIN_MS, inMs), this.#renew);
  }

  /** It could not be done now. Until they expire it is tried again; then the gateway says 4100. */
  failed(): void {
    this.#alarm.set(RENEW_MIN_MS + this.#random.float() * (RENEW_AGAIN_MS - RENEW_MIN_MS), this.#renew);
  }

  stop(): void {
    this.#alarm.cancel();
  }
}
