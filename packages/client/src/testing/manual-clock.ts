import type { Clock, Timer } from "../ports/clock.ts";

/** Turns of the microtask queue that promises get to settle in; the client's longest chain takes fewer than ten. */
const MICROTASKS = 20;

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * A clock that stands still until it is moved. Timers fire in the order of their moment, ties in the
 * order they were set; what a timer sets within the span fires within the same `advance`.
 */
export class ManualClock implements Clock {
  #monotonic = 0;
  #wall: number;
  #order = 0;
  #timers: Due[] = [];

  /** `wall`: Unix ms that it starts from. */
  constructor(wall = 1_700_000_000_000) {
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Timers that have not fired: what a leak test counts. */
  get pending(): number {
    return this.#timers.length;
  }

  after(ms: number, run: () => void): Timer {
    const due: Due = { at: this.#monotonic + Math.max(0, ms), order: this.#order++, run };
    this.#timers.push(due);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((timer) => timer !== due);
      },
    };
  }

  /** Steps the wall clock alone, as an operator or NTP does. */
  stepWall(ms: number): void {
    this.#wall += ms;
  }

  /** The machine sleeps for `ms`: nothing fires meanwhile, what is overdue fires at once on waking. */
  async sleep(ms: number): Promise<void> {
    await this.settle();
    this.#step(ms);
    await this.advance(0);
  }

  /** Moves time by `ms`, firing what falls due, with room for promises to settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await this.settle();
    for (let due = this.#next(end); due !== undefined; due = this.#next(end)) {
      this.#step(Math.max(0, due.at - this.#monotonic));
      due.run();
      await this.settle();
    }
    this.#step(end - this.#monotonic);
  }

  /** Lets promises run. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < MICROTASKS; turn++) await undefined;
  }

  #step(ms: number): void {
    this.#monotonic += ms;
    this.#wall += ms;
  }

  #next(end: number): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#timers) {
      if (
        due.at <= end &&
        (first === undefined || due.at < first.at || (due.at === first.at && due.order < first.order))
      )
        first = due;
    }
    this.#timers = this.#timers.filter((timer) => timer !== first);
    return first;
  }
}
