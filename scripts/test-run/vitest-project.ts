import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import type { Outcome } from "./step.ts";

/** The part of vitest's JSON report that is counted. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/**
 * Runs one project of vitest.config.ts and counts its tests. What fails without failing a test counts as one failed: a
 * file that does not load, an error outside of any test, a run of no tests at all.
 */
export async function vitestProject(
  root: string,
  name: string,
  words: readonly string[],
  withinMs: number,
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "earshot-test-"));
  try {
    const file = join(folder, "report.json");
    const args = ["run", "--project", name, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const vitest = join(root, "node_modules/.bin/vitest");
    const ended = await runCommand(process.execPath, [vitest, ...args, ...words], root, withinMs);
    return count(readReport(file), ended.ok, ended.output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file: string): Report | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch {
    return null;
  }
}

export function count(report: Report | null, ok: boolean, output: string): Outcome {
  if (report === null) return { passed: 0, failed: 1, skipped: 0, output: `${output}\nvitest left no report.` };
  const passed = report.numPassedTests;
  const unloaded = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const failed = report.numFailedTests + unloaded;
  const skipped = report.numPendingTests + report.numTodoTests;
  if (failed > 0) return { passed, failed, skipped, output };
  if (!ok) return { passed, failed: 1, skipped, output: `${output}\nvitest failed beside its tests.` };
  if (passed === 0) return { passed, failed: 1, skipped, output: `${output}\nNo test ran.` };
  return { passed, failed, skipped, output: "" };
}
