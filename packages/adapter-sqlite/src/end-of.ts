/** When a time is over, in Unix ms, as a column of whole numbers can hold it: for ever is longer. */
export function endOf(now: number, ms: number): number {
  return Math.min(Math.ceil(now + ms), Number.MAX_SAFE_INTEGER);
}
