import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { AnsweredSends } from "./answered-sends.ts";

const LIMITS = { answeredSendsMax: 10 };
const rows = [{ seq: 4 }, { seq: 5 }];

describe("AnsweredSends", () => {
  it("I13: says whose sends they are that were answered as stored already, in that life of the log", () => {
    const sends = new AnsweredSends<object>(new ManualClock(), LIMITS);
    const [bob, carol] = [{}, {}];
    expect(sends.origins("c1", "e1", rows, undefined)).toBe(undefined);
    sends.add(bob, "c1", "e1", 5);
    expect(sends.origins("c1", "e1", rows, undefined)).toEqual([null, new Set([bob])]);
    expect(sends.origins("c1", "e1", rows, [carol, null])).toEqual([carol, new Set([bob])]);
    expect(sends.origins("c1", "e1", rows, [null, carol])).toEqual([null, new Set([bob, carol])]);
    sends.add(carol, "c1", "e1", 5);
    expect(sends.origins("c1", "e1", rows, undefined)).toEqual([null, new Set([bob, carol])]);
    expect(sends.origins("c1", "e2", rows, undefined)).toBe(undefined);
    expect(sends.origins("c2", "e1", rows, undefined)).toBe(undefined);
  });

  it("bounds them, in number and in time", async () => {
    const clock = new ManualClock();
    const sends = new AnsweredSends<object>(clock, LIMITS);
    for (let seq = 1; seq <= 11; seq++) sends.add({}, "c1", "e1", seq);
    expect(sends.origins("c1", "e1", [{ seq: 1 }], undefined)).toBe(undefined);
    expect(sends.origins("c1", "e1", [{ seq: 11 }], undefined)).toHaveLength(1);
    await clock.advance(120_001);
    expect(sends.origins("c1", "e1", [{ seq: 11 }], undefined)).toBe(undefined);
    expect(clock.pending).toBe(0);
  });
});
