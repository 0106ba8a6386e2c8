import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Coalesce } from "./coalesce.ts";

function coalesceOf(everyMs: number, keysMax = 10) {
  const clock = new ManualClock();
  const flushed: (readonly [at: number, values: readonly string[]])[] = [];
  const coalesce = new Coalesce<string>(clock, { everyMs, keysMax }, (values) => {
    flushed.push([clock.monotonic(), [...values]]);
  });
  return { clock, coalesce, flushed };
}

describe("Coalesce", () => {
  it("hands on the latest of each key at the end of the turn, all together", () => {
    const { clock, coalesce, flushed } = coalesceOf(0);
    for (const [key, value] of [
      ["a", "a1"],
      ["b", "b1"],
      ["a", "a2"],
    ] as const)
      coalesce.put(key, value);
    expect(flushed).toEqual([]);
    clock.finishTurn();
    expect(flushed).toEqual([[0, ["a2", "b1"]]]);
    clock.finishTurn();
    expect(flushed).toHaveLength(1);
  });

  it("hands on at most once in its time, by one timer, which goes when nothing waits", async () => {
    const { clock, coalesce, flushed } = coalesceOf(1_000);
    coalesce.put("a", "a1");
    await clock.advance(400);
    coalesce.put("b", "b1");
    coalesce.put("a", "a2");
    expect(clock.pending).toBe(1);
    await clock.advance(600);
    coalesce.put("a", "a3");
    await clock.advance(1_000);
    expect(flushed).toEqual([
      [1_000, ["a2", "b1"]],
      [2_000, ["a3"]],
    ]);
    expect([clock.pending, coalesce.size]).toEqual([0, 0]);
  });

  it("holds no more keys than its bound: one more hands all on at once", () => {
    const { clock, coalesce, flushed } = coalesceOf(1_000, 2);
    for (const key of ["a", "b", "a", "c", "d"]) coalesce.put(key, key);
    expect(flushed).toEqual([[0, ["a", "b", "c"]]]);
    expect([coalesce.size, clock.pending]).toEqual([1, 1]);
  });

  it("takes what is put while it hands on for the next time", async () => {
    const clock = new ManualClock();
    const times: number[] = [];
    const again: Coalesce<number> = new Coalesce<number>(clock, { everyMs: 1_000, keysMax: 5 }, (values) => {
      for (const value of values) {
        times.push(clock.monotonic());
        if (value > 0) again.put("a", value - 1);
      }
    });
    again.put("a", 2);
    await clock.advance(10_000);
    expect(times).toEqual([1_000, 2_000, 3_000]);
    expect(clock.pending).toBe(0);
  });

  it("I25: forgets what waits when it is stopped, and its timer", async () => {
    const { clock, coalesce, flushed } = coalesceOf(1_000);
    coalesce.put("a", "a");
    coalesce.stop();
    await clock.advance(5_000);
    expect([clock.pending, coalesce.size, flushed]).toEqual([0, 0, []]);
  });
});
