import { readFileSync, writeFileSync } from "node:fs";
import type { HistoryLine, Plan } from "@earshot/core/testing";
import { closingLine } from "./closing-line.ts";
import { describe } from "./run-seeds.ts";
import { runTask } from "./run-task.ts";
import type { Task } from "./seed-result.ts";

export interface OneOptions {
  readonly json: boolean;
  /** Where its history goes. */
  readonly history: string | undefined;
}

/** Runs one seed, or one plan, in this process; whether it is green. */
export async function runOne(
  what: { readonly seed: number } | { readonly file: string },
  { json, history }: OneOptions,
): Promise<boolean> {
  const began = performance.now();
  let lines: readonly HistoryLine[] = [];
  const result = await runTask(taskOf(what), (run) => {
    lines = run.lines;
  });
  const { name, failure, hash, events, faults, kinds, points } = result;
  if (history !== undefined) writeFileSync(history, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  if (failure !== null) process.stderr.write(`${describe(result)}\n`);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  if (json) {
    const failed = failure === null ? [] : ["seed" in what ? what.seed : name];
    process.stdout.write(`${JSON.stringify({ kinds, points })}\n`);
    process.stdout.write(`${closingLine({ events, faults, hash }, { seeds: 1, failed, seconds })}\n`);
  } else {
    process.stderr.write(`${name}: ${failure === null ? "valid" : "red"}, ${lines.length} lines, hash ${hash}\n`);
  }
  return failure === null;
}

function taskOf(what: { readonly seed: number } | { readonly file: string }): Task {
  if ("seed" in what) return what;
  return { name: what.file, plan: JSON.parse(readFileSync(what.file, "utf8")) as Plan };
}
