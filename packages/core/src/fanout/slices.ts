import type { Clock } from "../ports/clock.ts";

/** Work that is done in slices: each `next` does one. */
export interface SlicedWork {
  readonly steps: Iterator<unknown, unknown, undefined>;
  /** Whether the rest is still to be done. */
  goesOn(): boolean;
}

interface Waiting extends SlicedWork {
  resolve(): void;
  reject(error: unknown): void;
}

/** What is too much for one turn of the event loop: one slice a turn, of each work in its turn, so that nothing else waits for all of it. */
export class Slices {
  readonly #clock: Pick<Clock, "endOfTurn">;
  readonly #waiting: Waiting[] = [];
  #queued = false;

  constructor(clock: Pick<Clock, "endOfTurn">) {
    this.#clock = clock;
  }

  /** Does the first slice in a later turn. Resolves when the work is done, or does not go on. Rejects as a step throws. */
  run(work: SlicedWork): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...work, resolve, reject });
      this.#later();
    });
  }

  #later(): void {
    if (this.#queued || this.#waiting.length === 0) return;
    this.#queued = true;
    this.#clock.endOfTurn(() => this.#turn());
  }

  #turn(): void {
    this.#queued = false;
    const work = this.#waiting.shift();
    if (work === undefined) return;
    try {
      if (work.goesOn() && !work.steps.next().done) this.#waiting.push(work);
      else work.resolve();
    } catch (error) {
      work.reject(error);
    }
    this.#later();
  }
}
