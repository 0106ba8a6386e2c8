import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../options.ts";
import { retransmitDue } from "./retransmit.ts";

describe("retransmitDue", () => {
  const cases = [
    { age: 0, rounds: 0, due: "wait" },
    { age: 9_999, rounds: 0, due: "wait" },
    { age: 10_000, rounds: 0, due: "again" },
    { age: 10_001, rounds: 1, due: "wait" },
    { age: 20_000, rounds: 1, due: "again" },
    { age: 29_999, rounds: 2, due: "wait" },
    { age: 30_000, rounds: 2, due: "again" },
    { age: 39_999, rounds: 3, due: "wait" },
    { age: 40_000, rounds: 3, due: "give up" },
    // A sweep that came late goes on where it is, without catching up what it missed.
    { age: 35_000, rounds: 0, due: "again" },
    { age: 41_000, rounds: 0, due: "give up" },
  ] as const;

  it.each(cases)("after $age ms and $rounds rounds: $due", ({ age, rounds, due }) => {
    expect(retransmitDue(age, rounds, DEFAULT_LIMITS)).toBe(due);
  });
});
