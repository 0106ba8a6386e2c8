/** Frames, one JSON text each; null: there is no such session, or no longer (410). */
export type PollAnswer = readonly string[] | null;

/** Who waits for an answer. */
interface Waiter {
  resolve(answer: PollAnswer): void;
  reject(error: Error): void;
}

/** What a client asks for with one poll. */
export interface Poll {
  /** Its place in the session's run of polls, from 1. */
  readonly k: number;
  /** One JSON text a frame, in order. */
  readonly frames: readonly string[];
  /** false: it is answered at once. */
  readonly waits: boolean;
}

/** One poll on its way to its one answer, which all get who asked for it: more than one where it was repeated. */
export class PollExchange {
  readonly k: number;
  readonly frames: readonly string[];
  readonly waits: boolean;
  /** UTF-16 units of its frames. */
  readonly size: number;
  /** When somebody asked for it last, monotonic ms. */
  since: number;
  readonly #waiters = new Set<Waiter>();

  constructor({ k, frames, waits }: Poll, now: number) {
    this.k = k;
    this.frames = frames;
    this.waits = waits;
    this.size = frames.reduce((sum, text) => sum + text.length, 0);
    this.since = now;
  }

  /** Those who wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Waits for the answer. `left`: whoever waited has gone, without one. */
  join(signal: AbortSignal, left: () => void): Promise<PollAnswer> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        // The answer is nobody's to read any longer.
        if (this.#waiters.delete(waiter)) {
          resolve(null);
          left();
        }
      };
      const settle = (): void => signal.removeEventListener("abort", leave);
      const waiter: Waiter = {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      if (signal.aborted) leave();
      else signal.addEventListener("abort", leave, { once: true });
    });
  }

  answer(answer: PollAnswer): void {
    for (const waiter of this.#waiters) waiter.resolve(answer);
    this.#waiters.clear();
  }

  refuse(error: Error): void {
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }
}
