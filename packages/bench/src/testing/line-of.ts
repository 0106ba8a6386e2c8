import type { Result } from "../charts/results.ts";
import { measureCase } from "../measured-case.ts";
import { jsonLine } from "../report/json.ts";
import { reportOf } from "../report/report.ts";
import { versions } from "../report/versions.ts";
import type { BenchOptions, Scenario } from "../scenario.ts";

const ASKED: BenchOptions = {
  ...{ peers: null, runs: 1, n: null, rate: null, stores: null, buses: null, profile: null, full: false, json: true },
};

/** What `--json` would say of a scenario's cases, each run once. */
export async function linesOf(scenario: Scenario, asked: Partial<BenchOptions>): Promise<readonly Result[]> {
  const options = { ...ASKED, ...asked };
  const lines: Result[] = [];
  for (const measured of scenario.cases(options)) {
    const peers = (options.peers ?? scenario.usually).filter((peer) => measured.peers?.includes(peer) ?? true);
    const report = reportOf(scenario, measured, await measureCase(measured, peers, options.runs, () => {}));
    lines.push(JSON.parse(jsonLine(report, options.runs, versions())) as Result);
  }
  return lines;
}
