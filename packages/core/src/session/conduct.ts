import type { EngineLimits } from "../options.ts";
import { RateLimit } from "./rate-limit.ts";

const MINUTE_MS = 60_000;
const WINDOW_SECONDS = 10;
/** `ack.d` comes once a second at most; as many at once are forgiven. */
const CURSORS_AT_ONCE = 5;

type ConductLimits = Pick<
  EngineLimits,
  | "pingsPerTenSecondsMax"
  | "controlsPerTenSecondsMax"
  | "pollsPerTenSecondsMax"
  | "invalidPerMinuteMax"
  | "refusedPerTenSecondsMax"
>;

/** How a peer behaves: what it does more often than any honest client. Times are monotonic ms; counters are made when first needed. */
export class Conduct {
  readonly #limits: ConductLimits;
  #pings: RateLimit | null = null;
  #pingsRefused = 0;
  #controls: RateLimit | null = null;
  #polls: RateLimit | null = null;
  #cursors: RateLimit | null = null;
  #refused: RateLimit | null = null;
  #invalid: number[] | null = null;

  constructor(limits: ConductLimits) {
    this.#limits = limits;
  }

  /** A `ping` came: 0 to answer it, ms to refuse it with, or the end after as many refusals in a row as are allowed in all. */
  ping(now: number): number | "end" {
    this.#pings ??= perTenSeconds(this.#limits.pingsPerTenSecondsMax, now);
    const wait = this.#pings.wait(now);
    if (wait > 0) return ++this.#pingsRefused > this.#limits.pingsPerTenSecondsMax ? "end" : wait;
    this.#pings.take();
    this.#pingsRefused = 0;
    return 0;
  }

  /** A control frame of the transport came. false: too many. */
  control(now: number): boolean {
    this.#controls ??= perTenSeconds(this.#limits.controlsPerTenSecondsMax, now);
    if (this.#controls.wait(now) > 0) return false;
    this.#controls.take();
    return true;
  }

  /** A poll came, or the wish for a stream. false: too many. */
  poll(now: number): boolean {
    this.#polls ??= perTenSeconds(this.#limits.pollsPerTenSecondsMax, now);
    if (this.#polls.wait(now) > 0) return false;
    this.#polls.take();
    return true;
  }

  /** Cursors came with an `ack`. false: too often; they are left to the next `have`. */
  cursors(now: number): boolean {
    this.#cursors ??= new RateLimit(1, CURSORS_AT_ONCE, now);
    if (this.#cursors.wait(now) > 0) return false;
    this.#cursors.take();
    return true;
  }

  /**
   * A frame was refused because too many came before it. false: more than a client that waits as it is told
   * ever gets, with `inflight` sends on the way at any time.
   */
  refused(now: number): boolean {
    this.#refused ??= perTenSeconds(this.#limits.refusedPerTenSecondsMax, now);
    if (this.#refused.wait(now) > 0) return false;
    this.#refused.take();
    return true;
  }

  /** A frame was refused as `invalid`. false: too many. */
  invalid(now: number): boolean {
    this.#invalid = (this.#invalid ?? []).filter((at) => now - at < MINUTE_MS);
    this.#invalid.push(now);
    return this.#invalid.length < this.#limits.invalidPerMinuteMax;
  }
}

function perTenSeconds(count: number, now: number): RateLimit {
  return new RateLimit(count / WINDOW_SECONDS, count, now);
}
