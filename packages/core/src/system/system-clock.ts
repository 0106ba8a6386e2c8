import type { Clock, Timer } from "../ports/clock.ts";

/** `setTimeout` takes 31 bits and fires at once beyond them; longer waits are cut into these. */
const SLICE_MS = 2 ** 31 - 1;

class SystemTimer implements Timer {
  #handle: NodeJS.Timeout | null = null;

  constructor(ms: number, run: () => void) {
    this.#arm(Math.max(0, ms), run);
  }

  #arm(ms: number, run: () => void): void {
    const slice = Math.min(ms, SLICE_MS);
    this.#handle = setTimeout(() => {
      if (ms > slice) this.#arm(ms - slice, run);
      else run();
    }, slice);
    this.#handle.unref();
  }

  cancel(): void {
    if (this.#handle !== null) clearTimeout(this.#handle);
    this.#handle = null;
  }
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Whole, as V8 keeps whole numbers within an object, and makes one of its own of every other.
  monotonic: () => Math.floor(performance.now()),
  after: (ms, run) => new SystemTimer(ms, run),
  endOfTurn: (run) => {
    setImmediate(run);
  },
};
