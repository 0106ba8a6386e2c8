import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawCharts } from "./charts.ts";
import { keptResults } from "./results.ts";
import { withMeasured } from "./tables.ts";

const RESULTS = join(import.meta.dirname, "../../results");
const DOCS = join(import.meta.dirname, "../../../../docs");

/** Draws docs/performance/*.svg and makes the tables of docs/performance.md from the results that were kept. */
export function writeCharts(say: (text: string) => void): void {
  const results = keptResults(RESULTS);
  const folder = join(DOCS, "performance");
  mkdirSync(folder, { recursive: true });
  const charts = drawCharts(results);
  for (const { file, svg } of charts) {
    writeFileSync(join(folder, file), svg);
    say(`docs/performance/${file}`);
  }
  const page = join(DOCS, "performance.md");
  writeFileSync(page, withMeasured(readFileSync(page, "utf8"), results, charts));
  say("docs/performance.md");
}
