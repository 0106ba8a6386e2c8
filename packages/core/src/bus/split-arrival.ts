import type { Arrival } from "./arrival.ts";

export function firstSeq({ rows }: Arrival): number {
  return rows[0]?.seq ?? 0;
}

/** What of an arrival lies at `seq` or above; null: nothing. Pure. */
export function fromSeq(arrival: Arrival, seq: number): Arrival | null {
  const { rows, origins } = arrival;
  const at = rows.findIndex((row) => row.seq >= seq);
  if (at < 0) return null;
  if (at === 0) return arrival;
  return { ...arrival, rows: rows.slice(at), ...(origins === undefined ? {} : { origins: origins.slice(at) }) };
}

/**
 * What of an arrival comes before those that are held, and the rest: what was read, or told by others, must not
 * take the place of what this node knows the origins of. Pure.
 */
export function splitBefore(
  arrival: Arrival,
  held: readonly Arrival[],
): readonly [now: Arrival, later: Arrival | null] {
  if (arrival.origins !== undefined || held.length === 0) return [arrival, null];
  const first = Math.min(...held.map(firstSeq));
  const at = arrival.rows.findIndex(({ seq }) => seq >= first);
  if (at < 0) return [arrival, null];
  const { c, epoch, rows } = arrival;
  return [
    { c, epoch, rows: rows.slice(0, at), membersVersion: 0 },
    { ...arrival, rows: rows.slice(at) },
  ];
}
