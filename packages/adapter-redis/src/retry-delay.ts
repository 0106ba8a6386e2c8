const RETRY_STEP_MS = 50;
const RETRY_MAX_MS = 1000;

/** ms before the attempt of this number, from 1, to open a lost connection again: the first at once, then full jitter below a rising cap. */
export function retryDelay(attempt: number): number {
  return attempt <= 1 ? 0 : Math.random() * Math.min(RETRY_STEP_MS * 2 ** (attempt - 1), RETRY_MAX_MS);
}
