import { describe, expect, it } from "vitest";
import { check } from "../checker/check.ts";
import type { HistoryLine } from "../history-line.ts";
import { cleanHistory } from "./clean-history.ts";
import type { Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { isCaught, runMutants } from "./run-mutants.ts";

/** All that one history can show but I26–I28, which are runs held against each other. */
const SHOWN = Array.from({ length: 25 }, (_, index) => `I${index + 1}`);

describe("mutants", () => {
  it("catches each by the guarantee that it breaks, and cries at nothing that is right (all of `npm run simulate -- --mutants`: 1,000)", () => {
    const { missed, alarmed, ...counts } = runMutants(1, 60);
    expect({ missed, alarmed }).toEqual({ missed: [], alarmed: [] });
    expect(counts).toEqual({ mutants: MUTANTS.length, caught: MUTANTS.length, clean: 60, falseAlarms: 0 });
  }, 60_000);

  it("has at least 60, two of them for each guarantee that a history shows, and each with a name of its own", () => {
    const count = (id: string) => MUTANTS.filter(({ breaks }) => breaks === id).length;
    expect(MUTANTS.length).toBeGreaterThanOrEqual(60);
    expect(SHOWN.filter((id) => count(id) < 2)).toEqual([]);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it("leave the history that they are made of as it was", () => {
    const lines = cleanHistory(3);
    const before = JSON.stringify(lines);
    for (const mutant of MUTANTS) isCaught(mutant, lines, 3);
    expect(JSON.stringify(lines)).toBe(before);
  });

  it("counts what is missed, what has no place, and what is wrong without a mutant", () => {
    const silent = (seed: number): readonly HistoryLine[] =>
      seed === 1 ? [] : cleanHistory(seed).filter(({ ev }) => ev !== "left");
    const { falseAlarms, alarmed, missed, caught } = runMutants(1, 3, silent);
    expect({ falseAlarms, alarmed }).toEqual({ falseAlarms: 1, alarmed: [1] });
    expect(missed).toContain("I25: a timer is left (no history had a place for it)");
    expect(caught).toBeLessThan(MUTANTS.length);
    const harmless: Mutant = { name: "nothing is wrong", breaks: "I1", mutate: (lines) => [...lines] };
    expect(isCaught(harmless, cleanHistory(2), 2)).toBe(false);
  });
});

describe("cleanHistory", () => {
  it("I28: is the same for the same seed", () => {
    for (const seed of [1, 2, 77]) expect(cleanHistory(seed)).toEqual(cleanHistory(seed));
  });

  it("shows every kind of line, and all that has to be allowed", () => {
    const seen = new Set<string>();
    let [rewinds, recovered, excused] = [0, 0, 0];
    for (let seed = 1; seed <= 40; seed++) {
      const lines = cleanHistory(seed);
      for (const line of lines)
        seen.add(
          line.ev === "reset" || line.ev === "deliver" ? `${line.ev} ${"why" in line ? line.why : line.by}` : line.ev,
        );
      const { counts } = check(lines);
      [rewinds, recovered, excused] = [
        rewinds + counts.rewinds,
        recovered + counts.recovered,
        excused + counts.excused,
      ];
    }
    for (const kind of [
      "reset epoch",
      "reset stored",
      "reset lost",
      "reset void",
      "deliver repair",
      "gone",
      "fail",
      "info",
      "draining",
      "crash",
    ]) {
      expect([...seen]).toContain(kind);
    }
    for (const count of [rewinds, recovered, excused]) expect(count).toBeGreaterThan(0);
  });
});
