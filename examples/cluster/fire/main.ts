// `npm run fire`: see README.md. Progress on stderr, a line for each pair on stdout.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FIRE_USAGE, type FireOptions, readFireOptions } from "./fire-options.ts";
import { pairReport, reportText } from "./pair-report.ts";
import { runPair } from "./run-pair.ts";

// What is killed here is always of our own.
for (const name of ["DATABASE_URL", "REDIS_URL", "NATS_URL"]) delete process.env[name];

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function run(options: FireOptions): Promise<boolean> {
  let good = true;
  for (const pair of options.pairs) {
    say(`fire: store ${pair.store}, bus ${pair.bus}, seed ${options.seed}`);
    try {
      const done = await runPair(pair, options, (text) => say(`  ${text}`));
      const report = pairReport(done, options);
      good &&= options.control ? report.lost > 0 && !report.passed : report.passed;
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
      if (options.control) say(report.lost > 0 ? "the loss was noticed" : "nothing was lost, or nobody noticed");
      if (!report.passed) say(`history: ${keep(done.notes.lines)}`);
    } catch (error) {
      good = false;
      const failed = { ...pair, seed: options.seed, passed: false, wrong: [reason(error)] };
      process.stdout.write(
        options.json ? `${JSON.stringify(failed)}\n` : `${pair.store} + ${pair.bus}: ${reason(error)}\n`,
      );
    }
  }
  return good;
}

/** The history as JSON lines, in a file of its own. */
function keep(lines: readonly object[]): string {
  const file = join(mkdtempSync(join(tmpdir(), "earshot-fire-")), "history.jsonl");
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return file;
}

let options: FireOptions | null = null;
try {
  options = readFireOptions(process.argv.slice(2));
} catch (error) {
  say(`fire: ${reason(error)}\n\n${FIRE_USAGE}`);
  process.exitCode = 2;
}
// Clients keep timers of their own for a while.
if (options !== null) process.exit((await run(options)) ? 0 : 1);
