import type { SessionId } from "@earshot/protocol";
import type { Clock, Timer } from "../ports/clock.ts";

/** Departures of one such slice of time go together. */
const SLICE_MS = 100;
/** A timer this late means that this process stood still. */
const STALL_MS = 2_000;

export interface DeparturesSurroundings {
  readonly clock: Pick<Clock, "monotonic" | "after">;
  /** After a stall everyone gets this long once more: who comes back was kept waiting (trap 27). */
  readonly graceMs: number;
  /** These have gone. */
  gone(sessions: readonly SessionId[]): void;
}

/** Sessions that have left and count as here for a while longer: one timer for all, none when there are none. */
export class Departures {
  readonly #house: DeparturesSurroundings;
  readonly #slices = new Map<number, Set<SessionId>>();
  readonly #sliceOf = new Map<SessionId, number>();
  #timer: Timer | null = null;
  #dueSlice = 0;

  constructor(house: DeparturesSurroundings) {
    this.#house = house;
  }

  get size(): number {
    return this.#sliceOf.size;
  }

  /** The session has gone when `at` (monotonic ms) has come. A repeat moves it. */
  add(session: SessionId, at: number): void {
    this.delete(session);
    const slice = Math.ceil(at / SLICE_MS);
    const sessions = this.#slices.get(slice);
    if (sessions === undefined) this.#slices.set(slice, new Set([session]));
    else sessions.add(session);
    this.#sliceOf.set(session, slice);
    if (this.#timer === null || slice < this.#dueSlice) this.#arm();
  }

  /** It is not to be told of any more. */
  delete(session: SessionId): void {
    const slice = this.#sliceOf.get(session);
    if (slice === undefined) return;
    this.#sliceOf.delete(session);
    const sessions = this.#slices.get(slice);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#slices.delete(slice);
    if (this.size === 0) this.#disarm();
  }

  clear(): void {
    this.#slices.clear();
    this.#sliceOf.clear();
    this.#disarm();
  }

  #arm(): void {
    this.#disarm();
    if (this.size === 0) return;
    this.#dueSlice = Number.POSITIVE_INFINITY;
    for (const slice of this.#slices.keys()) this.#dueSlice = Math.min(this.#dueSlice, slice);
    const { clock } = this.#house;
    this.#timer = clock.after(this.#dueSlice * SLICE_MS - clock.monotonic(), () => this.#fire());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #fire(): void {
    const { clock, graceMs, gone } = this.#house;
    const now = clock.monotonic();
    const stalled = now - this.#dueSlice * SLICE_MS > STALL_MS;
    const due: SessionId[] = [];
    for (const [slice, sessions] of this.#slices) if (slice * SLICE_MS <= now) due.push(...sessions);
    this.#timer = null;
    if (stalled) for (const session of due) this.add(session, now + graceMs);
    else for (const session of due) this.delete(session);
    this.#arm();
    if (!stalled && due.length > 0) gone(due);
  }
}
