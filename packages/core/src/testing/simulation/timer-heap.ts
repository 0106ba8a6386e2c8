import type { Timer } from "../../ports/clock.ts";

/** Dead timers below which it is not worth looking for them. */
const SWEPT_FROM = 256;

/** One thing that happens at a moment. */
export class Due implements Timer {
  readonly at: number;
  readonly order: number;
  /** null: cancelled, or over. */
  run: (() => void) | null;
  /** Whose it is; of who is dead nothing happens any longer. */
  readonly owner: DueOwner | null;
  readonly #heap: TimerHeap;

  constructor(heap: TimerHeap, at: number, order: number, run: () => void, owner: DueOwner | null) {
    this.#heap = heap;
    this.at = at;
    this.order = order;
    this.run = run;
    this.owner = owner;
  }

  cancel(): void {
    if (this.run === null) return;
    this.run = null;
    this.#heap.cancelled();
  }
}

/** A process as its timers see it. */
export interface DueOwner {
  readonly dead: boolean;
  /** Whether it stands still now: it keeps what falls due until it goes on. */
  parks(due: Due): boolean;
}

/** Timers by their moment, ties in the order they were set. Those that are cancelled stay until they come up, or are half of all. */
export class TimerHeap {
  #heap: Due[] = [];
  #cancelled = 0;

  /** Timers that may still fire, of one process or of all. */
  live(owner?: DueOwner): number {
    let count = 0;
    for (const due of this.#heap) if (due.run !== null && (owner === undefined || due.owner === owner)) count++;
    return count;
  }

  push(due: Due): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = heap[above] as Due;
      if (!before(due, other)) break;
      heap[at] = other;
      at = above;
    }
    heap[at] = due;
  }

  /** The first that may still fire; null: there is none. */
  peek(): Due | null {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.run !== null && first.owner?.dead !== true) return first;
      if (first.run === null) this.#cancelled--;
      this.pop();
    }
    return null;
  }

  /** Takes the first away, whatever it is. */
  pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    this.#sink(last, 0);
  }

  /** For `Due` alone. */
  cancelled(): void {
    this.#cancelled++;
    if (this.#cancelled < SWEPT_FROM || this.#cancelled * 2 < this.#heap.length) return;
    this.#heap = this.#heap.filter(({ run, owner }) => run !== null && owner?.dead !== true);
    this.#cancelled = 0;
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(this.#heap[at] as Due, at);
  }

  #sink(due: Due, from: number): void {
    const heap = this.#heap;
    const { length } = heap;
    let at = from;
    for (let below = 2 * at + 1; below < length; below = 2 * at + 1) {
      const right = heap[below + 1];
      let least = heap[below] as Due;
      if (right !== undefined && before(right, least)) {
        least = right;
        below++;
      }
      if (!before(least, due)) break;
      heap[at] = least;
      at = below;
    }
    heap[at] = due;
  }
}

function before(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
