import type { Clock } from "../ports/clock.ts";

/** The sleep of one who waits for news, which comes to an end by itself. */
export class WakeUp {
  readonly #clock: Pick<Clock, "after">;
  #woken = false;
  #end: (() => void) | null = null;

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  /** Ends the sleep, or keeps from the next one who is awake. */
  wake(): void {
    if (this.#end === null) this.#woken = true;
    else this.#end();
  }

  /** About to look: what woke before is no news any longer. */
  looking(): void {
    this.#woken = false;
  }

  /** Resolves after `ms`, or as soon as there was a `wake` since the last `looking`. */
  async sleep(ms: number): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(ms, resolve);
        this.#end = () => {
          timer.cancel();
          resolve();
        };
      });
      this.#end = null;
    }
    this.#woken = false;
  }
}
