import { simulatedClient } from "@earshot/client/testing";
import { makePlan, type Plan, shrink, simulate } from "@earshot/core/testing";
import { type Failure, nameOf, type Task, type TaskResult } from "./seed-result.ts";

/** Violations of one run that are told; more are of the same kind. */
const TOLD_MAX = 12;

type Simulated = Awaited<ReturnType<typeof simulate>>;

function planOf(task: Task): Plan {
  return "seed" in task ? makePlan(task.seed) : task.plan;
}

/** Runs a task to its end; a run that throws is one that failed. `seen` gets the run itself. */
export async function runTask(task: Task, seen: (run: Simulated) => void = () => {}): Promise<TaskResult> {
  const name = nameOf(task);
  const stray: Error[] = [];
  const onStray = (error: unknown): void => {
    stray.push(error instanceof Error ? error : new Error(String(error)));
  };
  process.on("unhandledRejection", onStray);
  try {
    const run = await simulate({ plan: planOf(task), client: simulatedClient });
    seen(run);
    const { hash, events, lines, fired, verdict } = run;
    const counted = { events, lines: lines.length, sends: verdict.counts.invoked };
    const counts = { faults: { ...fired.ids }, kinds: { ...fired.kinds }, points: { ...fired.crashPoints } };
    return { name, failure: stray[0] ? thrown(stray[0]) : failureOf(run), hash, ...counted, ...counts };
  } catch (error) {
    const failure = thrown(error);
    return { name, failure, hash: "", events: 0, lines: 0, sends: 0, faults: {}, kinds: {}, points: {} };
  } finally {
    process.off("unhandledRejection", onStray);
  }
}

/** The same plan without what it fails without. */
export async function shrinkPlan(plan: Plan, ids: readonly string[], withinMs: number): Promise<Plan> {
  const until = performance.now() + withinMs;
  const fails = async (smaller: Plan): Promise<boolean> => {
    const { failure, sends } = await runTask({ name: "shrinking", plan: smaller });
    // where nothing is sent there is nothing to decide by: it would be red for ever, whatever is mended
    return sends > 0 && failure?.ids.some((id) => ids.includes(id)) === true;
  };
  return shrink(plan, fails, () => performance.now() < until);
}

function failureOf({ verdict }: Simulated): Failure | null {
  if (verdict.verdict === "valid") return null;
  const violated = verdict.violations.map(({ id, why, lines }) => `${id}: ${why} (lines ${lines.join(", ")})`);
  if (verdict.violations.length === 0) return { ids: ["unknown"], whys: verdict.unknowns.slice(0, TOLD_MAX) };
  return { ids: [...new Set(verdict.violations.map(({ id }) => id))], whys: violated.slice(0, TOLD_MAX) };
}

function thrown(error: unknown): Failure {
  return { ids: ["thrown"], whys: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
}
