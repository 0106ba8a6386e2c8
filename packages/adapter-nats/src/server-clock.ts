/** For so long at least an observation counts, and twice as long at most: clocks drift, and are set. */
const WINDOW_MS = 30_000;

/**
 * The server's clock, as it can be known here: what the server stamped was stamped before it arrived. Never ahead of the
 * server's own but for what it is set back by, and behind by what the quickest of the latest messages took to arrive. This
 * machine's wall clock has no part in it.
 */
export class ServerClock {
  readonly #monotonic: () => number;
  /** Server ms minus monotonic ms. */
  #best = Number.NEGATIVE_INFINITY;
  #before = Number.NEGATIVE_INFINITY;
  #since = 0;

  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic;
  }

  /** Whether something was observed within the window. */
  get fresh(): boolean {
    return this.#best > Number.NEGATIVE_INFINITY && this.#monotonic() - this.#since < WINDOW_MS;
  }

  /** A message that the server stamped `at` has just arrived. */
  observe(at: number): void {
    const now = this.#monotonic();
    if (now - this.#since >= WINDOW_MS) {
      this.#before = this.#best;
      this.#best = Number.NEGATIVE_INFINITY;
      this.#since = now;
    }
    this.#best = Math.max(this.#best, at - now);
  }

  /** Unix ms of the server, whole. */
  now(): number {
    return Math.floor(this.#monotonic() + Math.max(this.#best, this.#before));
  }
}
