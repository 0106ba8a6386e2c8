import type { Clock, Timer } from "../../ports/clock.ts";
import type { SimulatedTime } from "./time.ts";
import type { Due, DueOwner } from "./timer-heap.ts";

/** Unix ms at which a run begins. */
const BEGAN_AT = 1_700_000_000_000;

const OVER: Timer = { cancel: () => {} };

/**
 * The clock of one life of a process, and that life itself: once it is dead nothing of it ever fires again. Fits the
 * engine's `Clock` and the client's.
 */
export class NodeClock implements Clock, DueOwner {
  readonly #time: SimulatedTime;
  #offset: number;
  #dead = false;
  /** What fell due while it stands still; null: it does not. */
  #parked: Due[] | null = null;
  #goesOn: Timer = OVER;
  readonly #ends = new Set<() => void>();

  /** `offset`: ms by which its wall clock is wrong. */
  constructor(time: SimulatedTime, offset = 0) {
    this.#time = time;
    this.#offset = offset;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Whether it stands still. */
  get stalled(): boolean {
    return this.#parked !== null;
  }

  /** ms by which its wall clock is wrong. */
  get offset(): number {
    return this.#offset;
  }

  /** Timers of it that have not fired. */
  get pending(): number {
    return this.#time.pending(this);
  }

  now(): number {
    return BEGAN_AT + this.#time.now + this.#offset;
  }

  monotonic(): number {
    return this.#time.now;
  }

  /** As Node's timers, never within 1 ms. */
  after(ms: number, run: () => void): Timer {
    return this.#dead ? OVER : this.#time.after(Math.max(1, ms), run, this);
  }

  endOfTurn(run: () => void): void {
    if (!this.#dead) this.#time.endOfTurn(run, this);
  }

  /** It is over, from within whatever it does just now. */
  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#parked = null;
    this.#goesOn.cancel();
    for (const ended of [...this.#ends]) ended();
    this.#ends.clear();
  }

  /** Called when it is over. Returns its undo. */
  onEnd(ended: () => void): () => void {
    this.#ends.add(ended);
    return () => {
      this.#ends.delete(ended);
    };
  }

  /** SIGSTOP for `ms`: nothing of it runs meanwhile, then everything that is overdue at once, in the order it fell due. */
  stall(ms: number): void {
    if (this.#dead) return;
    this.#parked ??= [];
    this.#goesOn.cancel();
    this.#goesOn = this.#time.after(ms, () => this.goOn());
  }

  /** SIGCONT. */
  goOn(): void {
    const parked = this.#parked;
    this.#goesOn.cancel();
    this.#parked = null;
    for (const due of parked ?? []) this.#time.again(due);
  }

  /** Steps the wall clock alone, as an operator or NTP does. */
  stepWall(ms: number): void {
    this.#offset += ms;
  }

  /** For `SimulatedTime` alone. */
  parks(due: Due): boolean {
    this.#parked?.push(due);
    return this.#parked !== null;
  }
}
