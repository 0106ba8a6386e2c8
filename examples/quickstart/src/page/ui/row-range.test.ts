import { describe, expect, it } from "vitest";
import { keptRange, NO_ROWS } from "./row-range.ts";

const range = (first: number, end: number) => ({ first, end });

describe("keptRange", () => {
  it("is what is needed, where nothing is shown or nothing near it", () => {
    expect(keptRange(NO_ROWS, range(0, 30), 100)).toEqual(range(0, 30));
    expect(keptRange(range(0, 30), range(500, 530), 100)).toEqual(range(500, 530));
    expect(keptRange(range(500, 530), range(0, 30), 100)).toEqual(range(0, 30));
  });

  it("keeps what is shown beside it, up to a bound, the farthest rows first to go", () => {
    expect(keptRange(range(0, 30), range(30, 60), 100)).toEqual(range(0, 60));
    expect(keptRange(range(0, 90), range(80, 120), 100)).toEqual(range(20, 120));
    expect(keptRange(range(50, 150), range(20, 60), 100)).toEqual(range(20, 120));
    expect(keptRange(range(0, 300), range(100, 140), 100)).toEqual(range(70, 170));
  });

  it("always holds what is needed, even beyond the bound", () => {
    expect(keptRange(range(0, 30), range(20, 200), 100)).toEqual(range(20, 200));
  });
});
