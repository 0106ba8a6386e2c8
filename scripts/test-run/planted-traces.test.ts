import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plantedTraces } from "./planted-traces.ts";

describe("planted traces", () => {
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "earshot-traces-"));
    mkdirSync(join(folder, "dist"));
    writeFileSync(join(folder, "dist/index.js"), "export const planted = process.env.EARSHOT_TREE;\n");
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("finds none where there is none", () => {
    expect(plantedTraces(folder)).toEqual([]);
  });

  it("finds the switch, and the way to it, in whatever file", () => {
    writeFileSync(join(folder, "dist/index.cjs"), `if (process.env["EARSHOT_PLANTED"]) plant();\n`);
    writeFileSync(join(folder, "dist/index.js.map"), `{"sources":["../../../scripts/simulation/planted/plant.ts"]}`);
    expect(plantedTraces(folder).toSorted()).toEqual([
      "dist/index.cjs: EARSHOT_PLANTED",
      "dist/index.js.map: simulation/planted",
    ]);
  });
});
