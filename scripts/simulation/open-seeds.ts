import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskResult } from "./seed-result.ts";

/** Runs that are red for a reason that is known and not mended yet, by name: a seed, or a plan of the regressions. */
interface OpenSeeds {
  readonly [name: string]: string;
}

const FILE = join(import.meta.dirname, "open-seeds.json");

export interface HeldAgainst {
  readonly unexpected: readonly TaskResult[];
  /** Known, and red as ever. */
  readonly open: readonly string[];
  /** Known, and green: to be taken off the list, so that it stays green. */
  readonly healed: readonly string[];
}

/** What failed, held against what is known to fail: those still run, so that a mend is noticed. */
export function heldAgainst(
  failed: readonly TaskResult[],
  ran: (name: string) => boolean,
  known: OpenSeeds = JSON.parse(readFileSync(FILE, "utf8")) as OpenSeeds,
): HeldAgainst {
  const names = new Set(failed.map(({ name }) => name));
  const of = Object.keys(known).filter(ran);
  return {
    unexpected: failed.filter(({ name }) => known[name] === undefined),
    open: of.filter((name) => names.has(name)),
    healed: of.filter((name) => !names.has(name)),
  };
}
