import type { Plan } from "@earshot/core/testing";

/** What is run: what a seed stands for, or a plan that was kept. */
export type Task = { readonly seed: number } | { readonly name: string; readonly plan: Plan };

/** Why a run is red: ids of guarantees, and what was seen. */
export interface Failure {
  readonly ids: readonly string[];
  readonly whys: readonly string[];
}

/** What came of one task. */
export interface TaskResult {
  /** `4711`, or the name of a plan. */
  readonly name: string;
  readonly failure: Failure | null;
  readonly hash: string;
  readonly events: number;
  readonly lines: number;
  readonly sends: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, number>>;
  readonly points: Readonly<Record<string, number>>;
}

export function nameOf(task: Task): string {
  return "seed" in task ? String(task.seed) : task.name;
}

/** What is asked of a worker process. */
export type Order =
  | { readonly order: "run"; readonly task: Task }
  /** Leaves out of a plan what it fails without, for `withinMs` at most. */
  | { readonly order: "shrink"; readonly plan: Plan; readonly ids: readonly string[]; readonly withinMs: number };

export type Answer =
  | { readonly answer: "ran"; readonly result: TaskResult }
  | { readonly answer: "shrunk"; readonly plan: Plan };
