import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "@earshot/core/testing";
import type { Task } from "./seed-result.ts";

/** Seeds that have failed once, and what they were shrunk to: seeds mean another plan when plans are drawn otherwise. */
interface Regressions {
  readonly seeds: readonly number[];
  readonly plans: readonly { readonly name: string; readonly plan: Plan }[];
}

const FILE = join(import.meta.dirname, "regressions.json");

function read(): Regressions {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as Regressions) : { seeds: [], plans: [] };
}

/** What is run before all else, each time. */
export function regressionTasks(): readonly Task[] {
  const { seeds, plans } = read();
  return [...plans, ...seeds.map((seed) => ({ seed }))];
}

/** Keeps a seed that has failed, and its shrunk plan, to be run first from now on. Whether it is new. */
export function keepRegression(seed: number, ids: readonly string[], plan: Plan): boolean {
  const { seeds, plans } = read();
  if (seeds.includes(seed)) return false;
  const kept = { name: `${seed} ${ids.join(" ")}`, plan };
  const all: Regressions = { seeds: [...seeds, seed], plans: [...plans, kept] };
  writeFileSync(FILE, `${JSON.stringify(all)}\n`);
  return true;
}
