/** A timer that has not fired yet. */
export interface Timer {
  /** Does nothing once the timer has fired or was cancelled. */
  cancel(): void;
}

/** The only source of time in the client. */
export interface Clock {
  /** Unix time in ms. May step in either direction; shown to people, never measured with. */
  now(): number;
  /** ms since some moment in the past; never goes back. */
  monotonic(): number;
  /** Calls `run` once, not before `ms` have passed. Any `ms` up to 2^53 − 1 is honoured. */
  after(ms: number, run: () => void): Timer;
}
