import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { GoalOutcome } from "../goals.ts";
import type { Parameters } from "../scenario.ts";

/** One case as `--json` told it. */
export interface Result {
  readonly scenario: string;
  readonly parameters: Parameters;
  readonly peers: Readonly<Record<string, Readonly<Record<string, unknown>> & { readonly guarantees: string }>>;
  readonly goals: readonly GoalOutcome[];
}

/** Every line of every file that was kept, in the order of their names. */
export function keptResults(folder: string): readonly Result[] {
  return globSync("*.jsonl", { cwd: folder })
    .sort()
    .flatMap((file) => readFileSync(join(folder, file), "utf8").trim().split("\n"))
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Result);
}

/** Which cases are meant: all of these parameters are so. */
export interface Selection {
  readonly scenario: string;
  readonly where?: Parameters;
}

export function selected(results: readonly Result[], { scenario, where = {} }: Selection): readonly Result[] {
  return results.filter(
    (result) =>
      result.scenario === scenario &&
      Object.entries(where).every(([name, value]) => (result.parameters[name] ?? null) === value),
  );
}

/** A peer's figure in a case; null where it was not measured. */
export function figureOf(result: Result, peer: string, figure: string): number | null {
  const value = result.peers[peer]?.[figure];
  return typeof value === "number" ? value : null;
}
