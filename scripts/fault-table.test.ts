import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FAULT_IDS } from "../packages/core/src/testing/simulation/fault.ts";

const ROOT = join(import.meta.dirname, "..");
const FAULTS = 56;

/** The second table of docs/faults.md: what is done to it, and what shows it. */
const rows = readFileSync(join(ROOT, "docs/faults.md"), "utf8")
  .split("\n")
  .flatMap((line) => {
    const [, id, , , shownBy = ""] = /^\| (F\d+) \| (.+) \| (.+) \| (.+) \|$/.exec(line) ?? [];
    return id === undefined ? [] : [{ id, shownBy }];
  });

describe("the faults of docs/faults.md", () => {
  it("stand there once each, in order", () => {
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: FAULTS }, (_, at) => `F${at + 1}`));
  });

  it("are told to be simulated if the simulation has them, and only then", () => {
    const simulated = new Set(Object.values(FAULT_IDS).flat());
    const told = rows.filter(({ shownBy }) => shownBy === "simulation").map(({ id }) => id);
    expect(told).toEqual(rows.filter(({ id }) => simulated.has(id)).map(({ id }) => id));
    expect([...simulated].filter((id) => !rows.some((row) => row.id === id))).toEqual([]);
  });

  it("are shown by a test that is there, or wait and say for what", () => {
    for (const { id, shownBy } of rows.filter((row) => row.shownBy !== "simulation")) {
      const path = /^`(.+\.test\.ts)`$/.exec(shownBy)?.[1];
      if (path === undefined) expect(`${id}: ${shownBy}`).toMatch(/: later: needs .+/);
      else expect([id, existsSync(join(ROOT, path))]).toEqual([id, true]);
    }
  });
});
