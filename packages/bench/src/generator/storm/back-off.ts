const RETRY_FROM_MS = 1_000;
const RETRY_MAX_MS = 30_000;

/**
 * How long a client waits before an attempt, in ms, as the protocol has it (section 8): after the loss within `spread`, then
 * full jitter. `attempt` counts from 0; `chance` lies in [0, 1).
 */
export function backOffMs(attempt: number, spreadMs: number, chance: number): number {
  return chance * (attempt === 0 ? spreadMs : Math.min(RETRY_MAX_MS, RETRY_FROM_MS * 2 ** attempt));
}
