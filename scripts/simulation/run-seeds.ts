import { makePlan } from "@earshot/core/testing";
import { closingLine } from "./closing-line.ts";
import { heldAgainst } from "./open-seeds.ts";
import { Progress } from "./progress.ts";
import { keepRegression, regressionTasks } from "./regressions.ts";
import type { Task, TaskResult } from "./seed-result.ts";
import { sorted, Totals } from "./totals.ts";
import { Workers } from "./workers.ts";

/** Failing seeds that are shrunk, each for so long; more are named. */
const SHRUNK_MAX = 3;
const SHRINK_WITHIN_MS = 60_000;

export interface SeedsOptions {
  readonly seeds: number;
  readonly from: number;
  readonly json: boolean;
}

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Runs what has failed before, then so many seeds; whether all is green. */
export async function runSeeds({ seeds, from, json }: SeedsOptions): Promise<boolean> {
  const began = performance.now();
  const workers = new Workers();
  const progress = new Progress();
  const first = regressionTasks();
  const before = await runAll(workers, first, () => {});
  const tasks = function* (): Iterable<Task> {
    for (let seed = from; seed < from + seeds; seed++) yield { seed };
  };
  const totals = await runAll(workers, tasks(), ({ runs, failed }) => {
    const seconds = (performance.now() - began) / 1_000;
    progress.show(`${runs} of ${seeds} seeds, ${failed.length} failed, ${(runs / seconds).toFixed(0)} a second`);
  });
  progress.end();
  const names = new Set(first.map((task) => ("plan" in task ? task.name : String(task.seed))));
  const ran = (name: string): boolean => names.has(name) || (Number(name) >= from && Number(name) < from + seeds);
  const red = new Map([...before.failed, ...totals.failed].map((result) => [result.name, result]));
  const { unexpected, open, healed } = heldAgainst([...red.values()], ran);
  let shrunk = 0;
  for (const result of unexpected) {
    say(describe(result));
    if (names.has(result.name)) say("  it has failed before");
    else if (shrunk++ < SHRUNK_MAX) await shrinkAndKeep(workers, result);
  }
  for (const name of healed) say(`\n${name} is green: take it off scripts/simulation/open-seeds.json`);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  if (json) {
    const failed = unexpected.map(({ name }) => (names.has(name) ? name : Number(name)));
    const { kinds, points } = totals;
    // what else is known comes before, so that the last line is what it is for one seed, too
    process.stdout.write(`${JSON.stringify({ open, healed, kinds: sorted(kinds), points: sorted(points) })}\n`);
    process.stdout.write(`${closingLine(totals, { seeds, failed, seconds })}\n`);
  } else {
    summarise(totals, seeds, seconds);
    if (open.length > 0) say(`red for a known reason (scripts/simulation/open-seeds.json): ${open.join(", ")}`);
  }
  return unexpected.length + healed.length === 0;
}

async function runAll(workers: Workers, tasks: Iterable<Task>, onResult: (totals: Totals) => void): Promise<Totals> {
  const totals = new Totals();
  await workers.run(tasks, (result) => {
    totals.add(result);
    onResult(totals);
    return true;
  });
  return totals;
}

export function describe({ name, failure }: TaskResult): string {
  const replay = /^\d+$/.test(name) ? `\n  npm run simulate -- --seed ${name}` : "";
  return `\n${name}: ${failure?.ids.join(", ")}\n${(failure?.whys ?? []).map((why) => `  ${why}`).join("\n")}${replay}`;
}

async function shrinkAndKeep(workers: Workers, { name, failure }: TaskResult): Promise<void> {
  const ids = failure?.ids ?? [];
  const plan = makePlan(Number(name));
  const answer = await workers.ask({ order: "shrink", plan, ids, withinMs: SHRINK_WITHIN_MS }, 2 * SHRINK_WITHIN_MS);
  const small = answer?.answer === "shrunk" ? answer.plan : plan;
  say(
    `  shrunk to ${small.faults.length} faults, ${small.devices.length} devices, ${small.operations.length} operations:`,
  );
  say(`  ${JSON.stringify(small)}`);
  if (keepRegression(Number(name), ids, small))
    say("  kept in scripts/simulation/regressions.json: it runs first from now on");
}

function summarise(totals: Totals, seeds: number, seconds: number): void {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(sorted(counts))
      .map(([name, times]) => `${name} ${times}`)
      .join(", ");
  say(`${seeds} seeds in ${seconds} s, ${totals.failed.length} failed; ${totals.events} events; hash ${totals.hash}`);
  say(`faults: ${list(totals.faults)}`);
  say(`kinds: ${list(totals.kinds)}`);
  say(`crash points: ${list(totals.points)}`);
}
