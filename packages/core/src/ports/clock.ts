/** A timer that has not fired yet. */
export interface Timer {
  /** Does nothing once the timer has fired or was cancelled. */
  cancel(): void;
}

/**
 * The only source of time in the engine. The wall clock is for what people and other machines read
 * (`at`, expiry); every duration and deadline is measured on the monotonic one, and nothing is
 * ordered by either.
 */
export interface Clock {
  /** Unix time in ms. May step in either direction. */
  now(): number;
  /** ms since some moment in the past; never goes back. */
  monotonic(): number;
  /** Calls `run` once, not before `ms` have passed. Any `ms` up to 2^53 − 1 is honoured. Never keeps a process alive. */
  after(ms: number, run: () => void): Timer;
  /** Calls `run` at the end of this turn of the event loop, after what input is already there was read. */
  endOfTurn(run: () => void): void;
}
