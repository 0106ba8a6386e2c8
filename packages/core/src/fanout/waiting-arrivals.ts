import type { EventRow, UserId } from "@earshot/protocol";
import { memberChanges } from "./audience.ts";

/**
 * What arrives in one conversation while the store is asked whom it is for. Bounded in events: over it
 * all but the newest are let go. Whoever is told of that one finds the hole before it and reads the log,
 * so nothing is lost; who was removed meanwhile would never be told of anything again, and is remembered.
 */
export class WaitingArrivals<A extends { readonly rows: readonly EventRow[] }> {
  readonly #eventsMax: number;
  #arrivals: A[] = [];
  #events = 0;
  #removed = new Map<UserId, number>();

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax;
  }

  /** Adds one behind all others. Gives the number of events that were let go for it. */
  push(arrival: A): number {
    const before = this.#events;
    this.#arrivals.push(arrival);
    this.#events += arrival.rows.length;
    if (this.#events <= this.#eventsMax) return 0;
    for (const { rows } of this.#arrivals.slice(0, -1)) for (const row of rows) this.#drop(row);
    this.#arrivals = [arrival];
    this.#events = arrival.rows.length;
    return before;
  }

  shift(): A | undefined {
    const first = this.#arrivals.shift();
    this.#events -= first?.rows.length ?? 0;
    return first;
  }

  /** Takes who was removed, and not added again, by events that were let go, with the seq of that. */
  takeRemoved(): ReadonlyMap<UserId, number> {
    const removed = this.#removed;
    this.#removed = new Map();
    return removed;
  }

  #drop(row: EventRow): void {
    for (const [user, role] of memberChanges(row)) {
      if (role === null) this.#removed.set(user, row.seq);
      else this.#removed.delete(user);
    }
  }
}
