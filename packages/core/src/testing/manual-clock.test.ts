import { describe, expect, it } from "vitest";
import { ManualClock } from "./manual-clock.ts";

describe("ManualClock", () => {
  it("stands still until it is moved, and moves both its hands", async () => {
    const clock = new ManualClock(5_000);
    expect([clock.now(), clock.monotonic()]).toEqual([5_000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([5_250, 250]);
    clock.stepWall(-3_600_000);
    expect([clock.now(), clock.monotonic()]).toEqual([5_250 - 3_600_000, 250]);
  });

  it("fires timers in the order of their moment, ties in the order they were set, each at its moment", async () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    const at = (name: string, ms: number) => clock.after(ms, () => fired.push(`${name} ${clock.monotonic()}`));
    at("b", 20);
    at("a", 10);
    at("c", 20);
    at("late", 31);
    at("past", -5);
    await clock.advance(30);
    expect(fired).toEqual(["past 0", "a 10", "b 20", "c 20"]);
    expect(clock.pending).toBe(1);
  });

  it("fires within the same span what a timer sets, and lets promises run in between", async () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    const again = async () => {
      fired.push(clock.monotonic());
      await Promise.resolve();
      if (fired.length < 5) clock.after(10, () => void again());
    };
    clock.after(10, () => void again());
    await clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
  });

  it("fires nothing that was cancelled", async () => {
    const clock = new ManualClock();
    let fired = 0;
    const timer = clock.after(10, () => fired++);
    timer.cancel();
    timer.cancel();
    expect(clock.pending).toBe(0);
    await clock.advance(20);
    expect(fired).toBe(0);
  });

  it("ends a turn when it is settled, also one that a turn's end begins", async () => {
    const clock = new ManualClock();
    const order: string[] = [];
    clock.endOfTurn(() => {
      order.push("first");
      void Promise.resolve().then(() => clock.endOfTurn(() => order.push("third")));
      clock.endOfTurn(() => order.push("second"));
    });
    expect(order).toEqual([]);
    await clock.settle();
    expect(order).toEqual(["first", "second", "third"]);
  });
});
