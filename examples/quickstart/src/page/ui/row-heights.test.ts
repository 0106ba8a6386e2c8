import { describe, expect, it } from "vitest";
import { RowHeights } from "./row-heights.ts";

/** The same, by adding up. */
function topOf(heights: readonly number[], row: number): number {
  return heights.slice(0, row).reduce((sum, height) => sum + height, 0);
}

function expectSame(list: RowHeights, heights: readonly number[]): void {
  expect(list.rows).toBe(heights.length);
  expect(list.total).toBe(topOf(heights, heights.length));
  for (let row = 0; row <= heights.length; row++) expect(list.top(row), `top of ${row}`).toBe(topOf(heights, row));
  for (let px = 0; px < list.total; px += 7) {
    const row = list.at(px);
    expect(topOf(heights, row), `row at ${px}`).toBeLessThanOrEqual(px);
    expect(topOf(heights, row + 1), `row at ${px}`).toBeGreaterThan(px);
  }
}

describe("RowHeights", () => {
  it("guesses what was not measured", () => {
    const list = new RowHeights(40);
    list.reset(3, (row) => (row === 1 ? 100 : undefined));
    expectSame(list, [40, 100, 40]);
  });

  it("tells places through rows that come and change", () => {
    const list = new RowHeights(10);
    const heights: number[] = [];
    list.reset(0, () => undefined);
    for (let index = 0; index < 70; index++) {
      list.push(1 + ((index * 37) % 90));
      heights.push(1 + ((index * 37) % 90));
      const changed = (index * 13) % heights.length;
      list.set(changed, 20 + index);
      heights[changed] = 20 + index;
    }
    expectSame(list, heights);
    list.reset(heights.length, (row) => heights[row]);
    expectSame(list, heights);
  });

  it("says whether a height was another", () => {
    const list = new RowHeights(10);
    list.push(12);
    expect(list.set(0, 12)).toBe(false);
    expect(list.set(0, 13)).toBe(true);
  });

  it("stays at the ends beyond them", () => {
    const list = new RowHeights(10);
    expect(list.at(100)).toBe(0);
    list.reset(5, () => undefined);
    expect(list.at(-20)).toBe(0);
    expect(list.at(5_000)).toBe(4);
  });
});
