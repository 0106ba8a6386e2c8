import type { Span } from "@earshot/core";
import type { SpansRecord } from "./records.ts";

/**
 * Which seqs somebody may have: every stay, the present one open at its end, of which nothing is left below the
 * first event that is kept.
 */
export function spansOf({ first, whole_history: whole, rank, since, past }: SpansRecord): readonly Span[] {
  if (rank !== null && whole) return [[first, null]];
  const stays = past === "[]" ? [] : (JSON.parse(past) as Span[]);
  if (rank !== null) stays.push([since, null]);
  const last = stays.at(-1);
  const spans: readonly Span[] = whole && last !== undefined ? [[1, last[1]]] : stays;
  return spans.filter(([, to]) => to === null || to >= first).map(([from, to]) => [Math.max(from, first), to]);
}
