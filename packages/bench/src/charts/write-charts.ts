import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawCharts } from "./charts.ts";
import { keptResults } from "./results.ts";
import { withMeasuredTables } from "./tables.ts";

const RESULTS = join(import.meta.dirname, "../../results");
const DOCS = join(import.meta.dirname, "../../../../docs");

/** Draws docs/performance/*.svg and makes the tables of docs/performance.md from the results that were kept. */
export function writeCharts(say: (text: string) => void): void {
  const results = keptResults(RESULTS);
  const folder = join(DOCS, "performance");
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of drawCharts(results)) {
    writeFileSync(join(folder, name), svg);
    say(`docs/performance/${name}`);
  }
  const page = join(DOCS, "performance.md");
  writeFileSync(page, withMeasuredTables(readFileSync(page, "utf8"), results));
  say("docs/performance.md");
}
