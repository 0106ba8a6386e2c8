import type { Clock, Timer } from "../ports/clock.ts";

interface Due {
  at: number;
  order: number;
  run: () => void;
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
  #turn: (() => void)[] = [];

  /** `wall`: Unix ms that it starts from. */
  constructor(wall = 1_700_000_000_000) {
    this.#wall = wall;
  }

  now(): number {
    return Math.floor(this.#wall);
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
        const index = this.#timers.indexOf(due);
        if (index >= 0) this.#timers.splice(index, 1);
      },
    };
  }

  endOfTurn(run: () => void): void {
    this.#turn.push(run);
  }

  /** Steps the wall clock alone, as an operator or NTP does. */
  stepWall(ms: number): void {
    this.#wall += ms;
  }

  /** Runs what waits for the end of this turn, and what that adds. */
  finishTurn(): void {
    for (let run = this.#turn.shift(); run !== undefined; run = this.#turn.shift()) run();
  }

  /**
   * Moves time by `ms`, firing what falls due. Promises that settle on the way get room to run: each
   * timer is followed by a real turn of the event loop.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await this.settle();
    for (let due = this.#next(end); due !== undefined; due = this.#next(end)) {
      this.#step(due.at - this.#monotonic);
      due.run();
      await this.settle();
    }
    this.#step(end - this.#monotonic);
    await this.settle();
  }

  /** Lets promises and turn ends run until nothing new is queued for the turn. */
  async settle(): Promise<void> {
    do {
      this.finishTurn();
      await new Promise<void>((resolve) => setImmediate(resolve));
    } while (this.#turn.length > 0);
  }

  #step(ms: number): void {
    this.#monotonic += ms;
    this.#wall += ms;
  }

  #next(end: number): Due | undefined {
    let first: Due | undefined;
    for (const due of this.#timers) {
      if (due.at > end) continue;
      if (first === undefined || due.at < first.at || (due.at === first.at && due.order < first.order)) first = due;
    }
    if (first !== undefined) this.#timers.splice(this.#timers.indexOf(first), 1);
    return first;
  }
}
