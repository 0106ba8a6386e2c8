import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Slices } from "./slices.ts";

function slicesOf() {
  const clock = new ManualClock();
  const slices = new Slices(clock);
  const done: string[] = [];
  const run = (name: string, steps: number, options: { stopsAt?: number; throwsAt?: number } = {}) => {
    let taken = 0;
    const work = function* () {
      for (; taken < steps; taken++) {
        if (taken === options.throwsAt) throw new Error("broken");
        done.push(`${name}${taken}`);
        yield;
      }
    };
    return slices.run({
      steps: work(),
      goesOn: () => done.filter((step) => step.startsWith(name)).length !== options.stopsAt,
    });
  };
  return { clock, done, run };
}

describe("Slices", () => {
  it("does one slice a turn, of each work in its turn, with whatever else the turn has in between", async () => {
    const { clock, done, run } = slicesOf();
    const all = [run("a", 3), run("b", 2)];
    const other = (times: number): void => {
      if (times === 0) return;
      clock.endOfTurn(() => {
        done.push("other");
        other(times - 1);
      });
    };
    other(3);
    expect(done).toEqual([]);
    await clock.settle();
    await Promise.all(all);
    expect(done).toEqual(["a0", "other", "b0", "other", "a1", "other", "b1", "a2"]);
  });

  it("lets go of what does not go on, and rejects what throws, without holding up the others", async () => {
    const { clock, done, run } = slicesOf();
    const [stopped, broken, whole] = [run("a", 9, { stopsAt: 1 }), run("b", 9, { throwsAt: 1 }), run("c", 3)];
    const failed = expect(broken).rejects.toThrow("broken");
    await clock.settle();
    await Promise.all([stopped, whole, failed]);
    expect(done.filter((step) => !step.startsWith("c"))).toEqual(["a0", "b0"]);
    expect(done.filter((step) => step.startsWith("c"))).toEqual(["c0", "c1", "c2"]);
    // What comes later is done too.
    void run("d", 1);
    await clock.settle();
    expect(done.at(-1)).toBe("d0");
  });
});
