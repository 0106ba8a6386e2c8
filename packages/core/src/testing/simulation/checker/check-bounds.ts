/** What times and rates a history is held to. */
export interface CheckBounds {
  /** From healing to everything applied (I9). */
  readonly convergeMs: number;
  /** Longest time without a session after healing, and longest wait for an answer (I24). */
  readonly connectMs: number;
  /** Offline at the latest, after the end of the last session: two heartbeats and 5 s (I21). */
  readonly goneMs: number;
  /** Offline at the latest, after the death of a gateway (I21). */
  readonly deadGatewayMs: number;
  /** From a change of presence to its being seen: merged once a second, and on its way. */
  readonly presenceLagMs: number;
  /** Between a cursor's move and its being stored (I8): half a second, and the storage's own time. */
  readonly storedWithinMs: number;
  /** Events behind which a client may begin anew with the newest page. */
  readonly jumpAbove: number;
  /** How late a head may be that came by way of the bus (I12). */
  readonly headLagMs: number;
  /** On the way between a device and its gateway while nothing slows it. */
  readonly networkMs: number;
  /** The same, and in queues, while faults do. */
  readonly troubledMs: number;
  /** How long a process stands still at a time, and lets lie what its machine has taken for it. */
  readonly stillMs: number;
  /** Sends of one connection a second, and seconds' worth of them that may come at once (I23). */
  readonly sendsPerSecond: number;
  readonly sendBurstSeconds: number;
}

export const CHECK_BOUNDS: CheckBounds = {
  convergeMs: 30_000,
  connectMs: 60_000,
  goneMs: 45_000,
  deadGatewayMs: 35_000,
  presenceLagMs: 2_500,
  storedWithinMs: 1_500,
  jumpAbove: 1_000,
  headLagMs: 30_000,
  networkMs: 1_000,
  troubledMs: 30_000,
  stillMs: 45_000,
  sendsPerSecond: 100,
  sendBurstSeconds: 3,
};
