import type { SpansRecord } from "./records.ts";

type Span = readonly [from: number, to: number | null];

/**
 * Which seqs somebody may have: every stay, the present one open at its end, of which nothing is left below the
 * first event that is kept.
 */
export function spansOf({ first, whole_history: whole, rank, since, past }: SpansRecord): readonly Span[] {
  if (rank !== null && (whole === 1 || past === "[]")) return [[whole === 1 ? first : Math.max(since, first), null]];
  const stays = JSON.parse(past) as Span[];
  if (rank !== null) stays.push([since, null]);
  const last = stays.at(-1);
  const spans: readonly Span[] = whole === 1 && last !== undefined ? [[1, last[1]]] : stays;
  return spans.filter(([, to]) => to === null || to >= first).map(([from, to]): Span => [Math.max(from, first), to]);
}

/** The same as JSON text. */
export function spansText(record: SpansRecord): string {
  return JSON.stringify(spansOf(record));
}
