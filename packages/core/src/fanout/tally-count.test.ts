import { describe, expect, it } from "vitest";
import { dueAt, sameTally } from "./tally-count.ts";

const COUNT = { tally: [[7, 5, 3]], online: 2 } as const;
const LIMITS = { tallyEveryMs: 1_000, tallyAnywayMs: 5_000 };

describe("sameTally", () => {
  it.each([
    [{ tally: [[7, 5, 3]], online: 2 }, true],
    [{ tally: [[7, 5, 4]], online: 2 }, false],
    [{ tally: [[8, 5, 3]], online: 2 }, false],
    [{ tally: [[7, 5, 3]], online: 3 }, false],
    [{ tally: [], online: 2 }, false],
    [
      {
        tally: [
          [7, 5, 3],
          [6, 9, 9],
        ],
        online: 2,
      },
      false,
    ],
  ] as const)("is not fooled: %o", (other, same) => {
    expect([sameTally(COUNT, other), sameTally(other, COUNT)]).toEqual([same, same]);
  });
});

describe("dueAt", () => {
  const at = { held: true, triedAt: 100, countedAt: 1_000, news: false };

  it("counts a while after the last time, sooner where there is news", () => {
    expect(dueAt(at, LIMITS, 0)).toBe(6_000);
    expect(dueAt({ ...at, news: true }, LIMITS, 0)).toBe(2_000);
  });

  it("asks for the lease now and then, not all nodes at one moment", () => {
    expect([0, 0.25, 0.5].map((spread) => dueAt({ ...at, held: false, news: true }, LIMITS, spread))).toEqual([
      4_100, 4_600, 5_100,
    ]);
  });
});
