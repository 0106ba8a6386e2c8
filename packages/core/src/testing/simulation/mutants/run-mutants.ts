import { SeededRandom } from "../../seeded-random.ts";
import { check } from "../checker/check.ts";
import type { HistoryLine } from "../history-line.ts";
import { cleanHistory } from "./clean-history.ts";
import type { Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

/** Histories in which each mutant is tried. */
const TRIES = 3;

export interface MutantsRun {
  readonly mutants: number;
  /** Seen each time that they were tried, and by the guarantee that they break. */
  readonly caught: number;
  readonly clean: number;
  readonly falseAlarms: number;
  /** Which were not caught, and in which seeds nothing was wrong. */
  readonly missed: readonly string[];
  readonly alarmed: readonly number[];
}

/** Holds `count` histories in which all is right to the checker, and makes each mutant of them; `source`: where they come from. */
export function runMutants(
  seedFrom: number,
  count: number,
  source: (seed: number) => readonly HistoryLine[] = cleanHistory,
): MutantsRun {
  const tried = new Map<Mutant, number>(MUTANTS.map((mutant) => [mutant, 0]));
  const missed = new Set<string>();
  const alarmed: number[] = [];
  for (let seed = seedFrom; seed < seedFrom + count; seed++) {
    const lines = source(seed);
    if (check(lines).verdict !== "valid") {
      alarmed.push(seed);
      continue;
    }
    for (const mutant of MUTANTS) {
      const tries = tried.get(mutant) ?? 0;
      if (tries >= TRIES) continue;
      const caught = isCaught(mutant, lines, seed);
      if (caught === null) continue;
      tried.set(mutant, tries + 1);
      if (!caught) missed.add(`${mutant.breaks}: ${mutant.name} (seed ${seed})`);
    }
  }
  for (const [mutant, tries] of tried)
    if (tries === 0) missed.add(`${mutant.breaks}: ${mutant.name} (no history had a place for it)`);
  const names = new Set([...missed].map((name) => name.replace(/ \([^(]*\)$/, "")));
  const { length } = MUTANTS;
  return {
    mutants: length,
    caught: length - names.size,
    clean: count,
    falseAlarms: alarmed.length,
    missed: [...missed],
    alarmed,
  };
}

/** Whether the checker sees it, by its guarantee; null: this history has no place for it. */
export function isCaught(mutant: Mutant, lines: readonly HistoryLine[], seed: number): boolean | null {
  const mutated = mutant.mutate(lines, new SeededRandom(seed));
  return mutated && check(mutated).violations.some(({ id }) => id === mutant.breaks);
}
