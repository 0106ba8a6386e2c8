import type { Clock, Timer } from "./ports/clock.ts";

/** One timer that is set again and again. */
export class Alarm {
  readonly #clock: Clock;
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isSet(): boolean {
    return this.#timer !== null;
  }

  /** Calls `run` in `ms`, instead of what it was set to before. */
  set(ms: number, run: () => void): void {
    this.cancel();
    this.#timer = this.#clock.after(ms, () => {
      this.#timer = null;
      run();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
