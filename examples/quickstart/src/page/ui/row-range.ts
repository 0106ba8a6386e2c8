/** Rows `first` up to, but without, `end`. */
export interface RowRange {
  readonly first: number;
  readonly end: number;
}

export const NO_ROWS: RowRange = { first: 0, end: 0 };

/**
 * The rows that should be on the page when those of `needed` must be and those of `shown` are: both, and of more
 * than `rowsMax` those that are nearest to the needed ones. Without a gap; where there would be one, the needed alone.
 */
export function keptRange(shown: RowRange, needed: RowRange, rowsMax: number): RowRange {
  if (shown.first === shown.end || shown.end < needed.first || needed.end < shown.first) return needed;
  const above = Math.max(0, needed.first - shown.first);
  const below = Math.max(0, shown.end - needed.end);
  const room = Math.max(0, rowsMax - (needed.end - needed.first));
  const keptAbove = Math.min(above, Math.max(Math.floor(room / 2), room - below));
  return { first: needed.first - keptAbove, end: needed.end + Math.min(below, room - keptAbove) };
}
