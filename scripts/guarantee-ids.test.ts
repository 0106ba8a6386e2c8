import { describe, expect, it } from "vitest";
import { idleTests, idsInTests, idsInTitles, promises, promisesOf } from "./guarantee-ids.ts";

describe("the ids of guarantees", () => {
  const tests = idsInTests();
  const all = promises();

  it("stand once each in the docs", () => {
    const ids = all.map(({ id }) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    expect(all.filter(({ kept }) => kept).length).toBeGreaterThan(20);
  });

  it("of what is kept stand in the title of at least one test", () => {
    expect(all.filter(({ id, kept }) => kept && !tests.has(id)).map(({ id }) => id)).toEqual([]);
  });

  it("stand in the titles of the very tests that the docs name", () => {
    const wrong = all.flatMap(({ id, shownBy }) =>
      shownBy.filter((path) => !tests.get(id)?.includes(path)).map((path) => `${id}: ${path}`),
    );
    expect(wrong).toEqual([]);
    expect(all.filter(({ kept, shownBy }) => kept && shownBy.length === 0).map(({ id }) => id)).toEqual([]);
  });

  it("in titles of tests stand in the docs", () => {
    const known = new Set(all.map(({ id }) => id));
    expect([...tests.keys()].filter((id) => !known.has(id))).toEqual([]);
  });

  it("stand in every model and every check of the simulation", () => {
    expect(idleTests()).toEqual([]);
  });

  it("are found in titles of every shape, and nowhere else", () => {
    const source = [
      'it("I1: one", f);',
      "it.each(table)(`I2, S3: %s`, f);",
      "describe('I4 I5: many', f);",
      'const table = [["S6: a row", 1]];',
      '  it(\n    "I7: on the next line",',
      'expect(x, "I8: a message").toBe(1);',
      "// I9: a comment",
    ].join("\n");
    expect([...idsInTitles(source)].sort()).toEqual(["I1", "I2", "I4", "I5", "I7", "S3", "S6"]);
  });

  it("are read from the two sections of a page", () => {
    const page =
      "# T\n\n## Kept\n\n| I1 | a | `src/a.ts` | `a.test.ts`, `b.test.ts` |\n\n## Not yet\n\n| I2 | b | c |\n";
    expect(promisesOf("p", page)).toEqual([
      { id: "I1", doc: "p", kept: true, shownBy: ["a.test.ts", "b.test.ts"] },
      { id: "I2", doc: "p", kept: false, shownBy: [] },
    ]);
  });
});
