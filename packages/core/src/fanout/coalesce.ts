import type { Clock, Timer } from "../ports/clock.ts";

/**
 * Latest wins: of what is put under one key only the newest is handed on, all keys together. `everyMs`
 * 0: at the end of the turn; else at most once in that time. Bounded: what is put beyond `keysMax` is
 * handed on at once, with all that waits. One timer for all keys, and none while nothing waits.
 */
export class Coalesce<V> {
  readonly #clock: Pick<Clock, "after" | "endOfTurn">;
  readonly #everyMs: number;
  readonly #keysMax: number;
  readonly #flush: (values: Iterable<V>) => void;
  #values = new Map<string, V>();
  #timer: Timer | null = null;
  #queued = false;

  constructor(
    clock: Pick<Clock, "after" | "endOfTurn">,
    bounds: { readonly everyMs: number; readonly keysMax: number },
    flush: (values: Iterable<V>) => void,
  ) {
    this.#clock = clock;
    this.#everyMs = bounds.everyMs;
    this.#keysMax = bounds.keysMax;
    this.#flush = flush;
  }

  /** Keys that wait. */
  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  put(key: string, value: V): void {
    this.#values.set(key, value);
    if (this.#values.size > this.#keysMax) this.flush();
    else this.#arm();
  }

  /** Hands on what waits. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const values = this.#values;
    if (values.size === 0) return;
    this.#values = new Map();
    this.#flush(values.values());
  }

  /** Forgets what waits, and the time. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#values.clear();
  }

  #arm(): void {
    if (this.#everyMs > 0) {
      this.#timer ??= this.#clock.after(this.#everyMs, () => this.flush());
    } else if (!this.#queued) {
      this.#queued = true;
      this.#clock.endOfTurn(() => {
        this.#queued = false;
        this.flush();
      });
    }
  }
}
