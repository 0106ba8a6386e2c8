/** What adding up parts of a token may lose: who waits as long as told is not told to wait again. */
const ROUNDING = 1e-9;

/**
 * A token bucket: `perSecond` on average, `burst` at once, so that in any window of w seconds at most
 * `burst + perSecond · w` pass (I23). Times are monotonic ms.
 */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** ms until one would pass; 0: one passes now. Takes nothing. */
  wait(now: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (Math.max(0, now - this.#at) / 1000) * this.#perSecond);
    this.#at = Math.max(this.#at, now);
    return this.#tokens >= 1 - ROUNDING ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
  }

  /** Takes one, or `count`; call after `wait` said 0. What is taken beyond what is there has to be waited for. */
  take(count = 1): void {
    this.#tokens -= count;
  }
}

/** How often one address may try to come in. */
export function addressRate(
  limits: { readonly handshakesPerSecondPerAddressMax: number; readonly handshakeBurstSeconds: number },
  now: number,
): RateLimit {
  const perSecond = limits.handshakesPerSecondPerAddressMax;
  return new RateLimit(perSecond, perSecond * limits.handshakeBurstSeconds, now);
}
