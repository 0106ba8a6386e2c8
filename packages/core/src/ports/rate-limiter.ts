/**
 * One limit that all nodes share: so much of something passes in a window, for each key. `redisRateLimiter` of
 * `@earshot/adapter-redis` is one.
 *
 * Every method rejects with a `ChatError`: `closed` before `open` and after `close`, `unavailable` when what counts cannot
 * answer just now. What the engine cannot ask it lets pass: the limits of each node hold beside it.
 */
export interface RateLimiter {
  /** A second call, or one after `close`, is refused with `conflict`. */
  open(): Promise<void>;
  /** Lets go of everything. A second call does nothing. */
  close(): Promise<void>;
  ping(): Promise<void>;
  /**
   * Takes `cost` (a whole number; default 1) of what `key` still has, in one step with all other nodes: 0. Else takes
   * nothing, and gives the ms to wait before it is asked again. In any time of w windows at most `max` · (w + 1) pass.
   * A key is any text.
   */
  take(key: string, cost?: number): Promise<number>;
}

/** Limits that the host's nodes share. */
export interface SharedLimiters {
  /** Of `hello`s from one address, before anybody is asked who it is. */
  readonly hellosPerAddress?: RateLimiter;
  /** Of `hello`s of one user. */
  readonly hellosPerUser?: RateLimiter;
}
