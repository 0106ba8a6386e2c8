import type { Clock } from "../ports/clock.ts";

/** One session's outbox, as the budget of all sees it. */
export interface Budgeted {
  /** Bytes that were counted last. */
  readonly counted: number;
  /** Gives up what it can: what the log has too, or the session. */
  evict(): void;
}

/** Smaller ones are never looked at: as many as a node has sessions for stay below the budget. */
const LARGE_BYTES = 2_048;
/** Part of the budget that is free again after an eviction, so that the next is not due with the next event. */
const FREED_PART = 1 / 8;

/**
 * What all outboxes of a node keep together (S49): a thousand sockets that nobody reads are a thousand
 * times what one may keep. Over the budget those that keep most give it up, at the end of the turn, so
 * that nobody who is being told of an event is taken away meanwhile.
 */
export class OutboxBudget {
  readonly #clock: Pick<Clock, "endOfTurn">;
  readonly #bytesMax: number;
  readonly #large = new Set<Budgeted>();
  #bytes = 0;
  #queued = false;

  constructor(clock: Pick<Clock, "endOfTurn">, bytesMax: number) {
    this.#clock = clock;
    this.#bytesMax = bytesMax;
  }

  /** Bytes kept for all sessions. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What an outbox keeps has changed. */
  change(outbox: Budgeted, from: number, to: number): void {
    this.#bytes += to - from;
    if (to >= LARGE_BYTES !== from >= LARGE_BYTES) {
      if (to >= LARGE_BYTES) this.#large.add(outbox);
      else this.#large.delete(outbox);
    }
    if (this.#bytes <= this.#bytesMax || this.#queued) return;
    this.#queued = true;
    this.#clock.endOfTurn(() => this.#evict());
  }

  #evict(): void {
    this.#queued = false;
    if (this.#bytes <= this.#bytesMax) return;
    const target = this.#bytesMax * (1 - FREED_PART);
    for (const outbox of [...this.#large].sort((one, other) => other.counted - one.counted)) {
      if (this.#bytes <= target) return;
      outbox.evict();
    }
  }
}
