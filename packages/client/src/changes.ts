import type { Live, Undo } from "./live.ts";
import type { Clock } from "./ports/clock.ts";

/** Whatever has listeners to tell. */
export interface Watched {
  tell(): void;
}

/**
 * Gathers what changes within one call from outside, and tells the listeners when that call is
 * over. So a listener sees every change whole, and may call the client back at once.
 */
export class Changes {
  #depth = 0;
  #telling = false;
  readonly #touched = new Set<Watched>();

  /** Does a piece of work that came from outside: a public call, a frame, a timer, a settled promise. */
  readonly run = <T>(work: () => T): T => {
    this.#depth++;
    try {
      return work();
    } finally {
      if (--this.#depth === 0) this.#tell();
    }
  };

  touch(watched: Watched): void {
    this.#touched.add(watched);
  }

  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    for (const watched of this.#touched) {
      this.#touched.delete(watched);
      watched.tell();
    }
    this.#telling = false;
  }
}

/** A `Live` whose value is composed when somebody looks, at most once a change. */
export abstract class LiveCell<T> implements Live<T>, Watched {
  protected readonly changes: Changes;
  readonly #listeners = new Set<{ readonly call: (value: T) => void }>();
  #value: T | undefined;
  #stale = true;

  constructor(changes: Changes) {
    this.changes = changes;
  }

  /** The value as it is now; frozen by the caller, one level deep. */
  protected abstract compose(): T;

  /** The first listener came (true), or the last one left (false). */
  protected watched(_on: boolean): void {}

  get current(): T {
    if (this.#stale) {
      this.#stale = false;
      this.#value = Object.freeze(this.compose());
    }
    return this.#value as T;
  }

  /** The value is another one now. */
  touch(): void {
    this.#stale = true;
    this.#value = undefined;
    if (this.#listeners.size > 0) this.changes.touch(this);
  }

  /** Bound, so that it can be handed to a framework as it is. */
  readonly subscribe = (call: (value: T) => void): Undo => {
    const listener = { call };
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.changes.run(() => this.watched(true));
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) {
        this.changes.run(() => this.watched(false));
      }
    };
  };

  tell(): void {
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) continue;
      try {
        listener.call(this.current);
      } catch (error) {
        void Promise.reject(error);
      }
    }
  }
}

/** One that asks a function for its value, and tells another of its listeners. */
export class ComputedCell<T> extends LiveCell<T> {
  protected readonly compose: () => T;
  protected override readonly watched: (on: boolean) => void;

  constructor(changes: Changes, compose: () => T, watched: (on: boolean) => void = () => {}) {
    super(changes);
    this.compose = compose;
    this.watched = watched;
  }
}

/** A clock whose timers fire as work that comes from outside. */
export function clockWithin(changes: Changes, clock: Clock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (ms, run) => clock.after(ms, () => changes.run(run)),
  };
}
