import type { Clock, Timer } from "../ports/clock.ts";

/** What is looked at once a second. */
export interface Swept {
  /** `fresh`: this process was stalled, so nothing that is overdue may be held against the peer (trap 27). */
  sweep(now: number, fresh: boolean): void;
}

const SWEEP_MS = 1_000;
/** A sweep this late means that the process stood still, not the peers. */
const STALL_MS = 2_000;

/** One timer for all deadlines of all sessions: no timer a connection. */
export class Sweeper<S extends Swept = Swept> {
  readonly #clock: Clock;
  readonly #swept = new Set<S>();
  #timer: Timer | null = null;
  #dueAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#swept.size;
  }

  get all(): ReadonlySet<S> {
    return this.#swept;
  }

  add(swept: S): void {
    this.#swept.add(swept);
    if (this.#timer === null) this.#arm();
  }

  remove(swept: S): void {
    this.#swept.delete(swept);
    if (this.#swept.size > 0) return;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #arm(): void {
    this.#dueAt = this.#clock.monotonic() + SWEEP_MS;
    this.#timer = this.#clock.after(SWEEP_MS, () => this.#sweep());
  }

  #sweep(): void {
    const now = this.#clock.monotonic();
    const fresh = now - this.#dueAt > STALL_MS;
    // First, so that the last one to leave, and another to come meanwhile, find the one timer.
    this.#arm();
    // Not `for … of`: what that makes for each would keep V8 from giving back, while all are idle, the memory of a rush.
    this.#swept.forEach((swept) => {
      swept.sweep(now, fresh);
    });
  }
}
