/** Who acknowledges by and by. */
export interface Acking {
  /** Deliveries since the last acknowledgement. */
  unacked: number;
  acknowledge(): void;
}

/** Acknowledges for all who have waited long enough, by one timer: no one waits for longer than `withinMs`. */
export class AckSweep {
  readonly #timer: NodeJS.Timeout;
  #fresh: Acking[] = [];
  #aged: Acking[] = [];

  constructor(withinMs: number) {
    this.#timer = setInterval(() => this.#sweep(), withinMs / 2);
  }

  /** To be called with the first delivery after an acknowledgement. */
  add(acking: Acking): void {
    this.#fresh.push(acking);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    for (const acking of this.#aged) if (acking.unacked > 0) acking.acknowledge();
    this.#aged = this.#fresh;
    this.#fresh = [];
  }
}
