// `npm run bench`: one scenario, side by side. Progress on stderr; the table, or with --json one line a case, on stdout.
import { writeCharts } from "./charts/write-charts.ts";
import { rounded } from "./goals.ts";
import { measureCase } from "./measured-case.ts";
import { readOptions, USAGE } from "./options.ts";
import { jsonLine } from "./report/json.ts";
import { reportOf } from "./report/report.ts";
import { tableText } from "./report/table.ts";
import { versions } from "./report/versions.ts";
import type { BenchOptions, Case, Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";

/** In the place of a scenario: the charts and tables of docs/performance.md, from the results that were kept. */
const CHARTS = "charts";

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function run(scenario: Scenario, options: BenchOptions): Promise<void> {
  const { runs, json, peers } = options;
  const machine = versions();
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  say(`Node.js ${machine.node}, ${packages.join(", ")}`);
  say(
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}; server and generator ${machine.pinned ? "on a core each" : "not on cores of their own: figures are rough"}`,
  );
  for (const measured of scenario.cases(options)) {
    const wanted = peersOf(measured, peers ?? scenario.usually);
    if (wanted.length === 0) continue;
    const results = await measureCase(measured, wanted, runs, (peer, round, figures) => {
      const told = Object.entries(figures).map(([name, value]) => `${name} ${rounded(value)}`);
      say(`${round + 1}/${runs} ${peer}: ${told.join(", ")}`);
    });
    const report = reportOf(scenario, measured, results);
    process.stdout.write(`${json ? jsonLine(report, runs, machine) : tableText(report)}\n`);
  }
}

function peersOf({ peers }: Case, wanted: readonly string[]): readonly string[] {
  return peers === undefined ? wanted : wanted.filter((name) => peers.includes(name));
}

function fail(error: unknown): void {
  say(error instanceof Error ? error.message : String(error));
}

const words = process.argv.slice(2);
let asked: ReturnType<typeof readOptions> | null = null;
try {
  if (words[0] === CHARTS) writeCharts(say);
  else asked = readOptions(words, SCENARIOS);
} catch (error) {
  fail(error);
  say(USAGE);
  process.exitCode = 2;
}
if (asked !== null) {
  await run(asked.scenario, asked.options).catch((error: unknown) => {
    fail(error);
    process.exitCode = 1;
  });
}
