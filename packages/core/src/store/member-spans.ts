import type { Span } from "../ports/pages.ts";
import type { MemoryMember } from "./memory-member.ts";

/** What a member may have of a log whose first kept seq is `first`; of one who has left, what they could have then. */
export function memberSpans(
  { role, since, past }: Pick<MemoryMember, "role" | "since" | "past">,
  wholeHistory: boolean,
  first: number,
): readonly Span[] {
  const stays: readonly Span[] = role === null ? past : [...past, [since, null]];
  return keptSpans(wholeHistory ? [[1, stays.at(-1)?.[1] ?? null]] : stays, first);
}

/** What is left of spans once everything below `first` is gone. */
function keptSpans(spans: readonly Span[], first: number): readonly Span[] {
  return spans.filter(([, to]) => to === null || to >= first).map(([from, to]): Span => [Math.max(from, first), to]);
}
