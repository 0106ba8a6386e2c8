import { describe, expect, it } from "vitest";
import type { SpansRecord } from "./records.ts";
import { spansText } from "./spans-text.ts";

const MEMBER = 2;
const stays = { first: 1, whole_history: 0, rank: MEMBER, since: 20, past: "[[3,5],[9,12]]" };

const CASES: readonly (readonly [string, Partial<SpansRecord>, expected: unknown])[] = [
  [
    "every stay",
    {},
    [
      [3, 5],
      [9, 12],
      [20, null],
    ],
  ],
  ["the only stay", { past: "[]" }, [[20, null]]],
  [
    "of who has left",
    { rank: null },
    [
      [3, 5],
      [9, 12],
    ],
  ],
  ["of who only wrote here", { rank: null, since: 0, past: "[]" }, []],
  ["of who sees the whole history", { whole_history: 1 }, [[1, null]]],
  ["of who saw the whole history", { whole_history: 1, rank: null }, [[1, 12]]],
  ["of who only wrote where there is a whole history", { whole_history: 1, rank: null, since: 0, past: "[]" }, []],
  [
    "up to the first that is kept",
    { first: 5 },
    [
      [5, 5],
      [9, 12],
      [20, null],
    ],
  ],
  [
    "without the stay that is gone",
    { first: 6 },
    [
      [9, 12],
      [20, null],
    ],
  ],
  [
    "within a stay",
    { first: 10 },
    [
      [10, 12],
      [20, null],
    ],
  ],
  ["of the present stay", { first: 25 }, [[25, null]]],
  ["of the only stay", { first: 25, past: "[]" }, [[25, null]]],
  ["of who has left, all gone", { first: 13, rank: null }, []],
  ["of what is left of the whole history", { first: 6, whole_history: 1 }, [[6, null]]],
  ["of what was left of the whole history", { first: 6, whole_history: 1, rank: null }, [[6, 12]]],
  ["of the whole history, all gone for who has left", { first: 13, whole_history: 1, rank: null }, []],
];

describe("spans", () => {
  it.each(CASES)("I17: are %s", (_, differing, expected) => {
    expect(JSON.parse(spansText({ ...stays, ...differing }))).toEqual(expected);
  });
});
