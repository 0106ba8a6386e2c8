import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { drawCharts } from "./charts.ts";
import { keptResults } from "./results.ts";
import { withMeasured } from "./tables.ts";

const RESULTS = join(import.meta.dirname, "../../results");
const DOCS = join(import.meta.dirname, "../../../../docs");

// `npm run bench -- charts` makes them anew.
describe("docs/performance.md", () => {
  const results = keptResults(RESULTS);
  const page = readFileSync(join(DOCS, "performance.md"), "utf8");

  it("has the tables of the results that are kept", () => {
    expect(withMeasured(page, results, drawCharts(results))).toBe(page);
  });

  it("shows every chart of them, and each is as it would be drawn now", () => {
    const charts = drawCharts(results);
    const kept = globSync("performance/*.svg", { cwd: DOCS }).map((path) => basename(path));
    expect(kept.sort()).toEqual(charts.map(({ file }) => file).sort());
    for (const { file, svg } of charts) expect(readFileSync(join(DOCS, "performance", file), "utf8")).toBe(svg);
  });
});
