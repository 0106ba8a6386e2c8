import type { Random } from "../ports/random.ts";

/** Longest first delay when the client knows that it was its own side, in ms. */
const OWN_SIDE_MS = 500;
/** First and highest bound of the later delays, in ms. */
const RETRY_BASE_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export interface ReconnectCase {
  /** Waits since the connection was last healthy; 0 right after the loss of a healthy one. */
  readonly attempt: number;
  /** Whether a session was lost, rather than an attempt that came to nothing. */
  readonly welcomed: boolean;
  /** The client knows that it was its own side: offline, asleep, an unanswered ping. */
  readonly own: boolean;
  /** The gateway's bound for the first delay, in ms: how long its clients need to come back one by one. */
  readonly spreadMs: number;
}

/**
 * Delay before the next attempt, in ms: after a loss within `spread` (or 500 ms), then full jitter.
 * Sessions that are lost again and again within their first minute climb too, but never below
 * `spread`: a gateway that dies young must not be met by all its clients at once.
 */
export function reconnectDelay(of: ReconnectCase, random: Random): number {
  const retryMs = Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** of.attempt);
  if (!of.welcomed) return random.float() * retryMs;
  const firstMs = of.own ? OWN_SIDE_MS : of.spreadMs;
  return random.float() * (of.attempt === 0 ? firstMs : Math.max(firstMs, retryMs));
}

/** Delay when the client's own side has just come back, in ms. */
export function hastenedDelay(random: Random): number {
  return random.float() * OWN_SIDE_MS;
}
