import type { Timer } from "../../ports/clock.ts";
import { Due, type DueOwner, TimerHeap } from "./timer-heap.ts";

/** Steps after which the real event loop gets a turn, so that a run can be interrupted. */
const STEPS_A_BREATH = 8_192;

/**
 * Virtual time. What falls due runs one after the other, in the order of its moment, ties in the order it was set;
 * all promises settle in between, and nothing real has a say: no real timer, no I/O.
 *
 * A turn is what was due when it began; then what waits for the end of the turn runs, as `setImmediate` does.
 */
export class SimulatedTime {
  readonly #heap = new TimerHeap();
  #now = 0;
  #order = 0;
  #steps = 0;
  /** What is set from this one on belongs to a later turn. */
  #turnsEnd = 0;
  #ends: Due[] = [];
  #running = false;

  /** Virtual ms since the beginning. Whole. */
  get now(): number {
    return this.#now;
  }

  /** What has happened so far: timers that fired, ends of turns. */
  get steps(): number {
    return this.#steps;
  }

  /** Timers that have not fired, of one process or of all. */
  pending(owner?: DueOwner): number {
    return this.#heap.live(owner);
  }

  /** Runs it `ms` from now, rounded up to whole ms, if `owner` lives then; with 0 in the next turn. */
  after(ms: number, run: () => void, owner: DueOwner | null = null): Timer {
    const due = new Due(this.#heap, this.#now + Math.max(0, Math.ceil(ms)), this.#order++, run, owner);
    this.#heap.push(due);
    return due;
  }

  /** What a process has kept while it stood still is due now, before what falls due only now. */
  again(due: Due): void {
    this.#heap.push(due);
  }

  /** Runs it when what is due in this turn has run. */
  endOfTurn(run: () => void, owner: DueOwner | null = null): void {
    this.#ends.push(new Due(this.#heap, this.#now, 0, run, owner));
  }

  /**
   * Lets time go on until `until`, or until `stop` says so between two steps. Rejects with what a step throws: a
   * fault of the simulation, since processes catch their own. One call at a time.
   */
  async run(until: number, stop: () => boolean = never): Promise<void> {
    if (this.#running) throw new Error("time is going on already");
    this.#running = true;
    try {
      while (await this.#stretch(until, stop)) await new Promise<void>((resolve) => setImmediate(resolve));
      if (!stop() && this.#now < until) this.#now = until;
    } finally {
      this.#running = false;
    }
  }

  /** Whether it ended for a breath only. */
  #stretch(until: number, stop: () => boolean): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let steps = STEPS_A_BREATH;
      // A tick that was asked for by a microtask comes when all microtasks have run, those that they add included.
      const settled = Promise.resolve();
      const arm = (): void => process.nextTick(step);
      const step = (): void => {
        try {
          if (stop() || !this.#step(until)) resolve(false);
          else if (--steps === 0) resolve(true);
          else void settled.then(arm);
        } catch (error) {
          reject(error);
        }
      };
      void settled.then(arm);
    });
  }

  /** One thing that is due; false: nothing is until then. */
  #step(until: number): boolean {
    const due = this.#heap.peek();
    const inTurn = due !== null && due.at <= this.#now && due.order < this.#turnsEnd;
    if (!inTurn && this.#ends.length > 0) {
      const ends = this.#ends;
      this.#ends = [];
      for (const end of ends) this.#run(end);
      return true;
    }
    if (due === null || due.at > until) return false;
    if (!inTurn) this.#turnsEnd = this.#order;
    this.#now = Math.max(this.#now, due.at);
    this.#heap.pop();
    this.#run(due);
    return true;
  }

  #run(due: Due): void {
    const { run, owner } = due;
    if (run === null || (owner !== null && (owner.dead || owner.parks(due)))) return;
    due.run = null;
    this.#steps++;
    run();
  }
}

const never = (): boolean => false;
