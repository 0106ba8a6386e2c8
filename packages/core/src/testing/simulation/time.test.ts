import { describe, expect, it } from "vitest";
import { SeededRandom } from "../seeded-random.ts";
import { NodeClock } from "./node-clock.ts";
import { SimulatedTime } from "./time.ts";

describe("SimulatedTime", () => {
  it("runs what is due by its moment, ties in the order they were set, and stands at the end", async () => {
    const time = new SimulatedTime();
    const ran: string[] = [];
    for (const [ms, name] of [
      [20, "c"],
      [10, "a"],
      [10, "b"],
      [30, "late"],
    ] as const) {
      time.after(ms, () => ran.push(`${name}@${time.now}`));
    }
    await time.run(25);
    expect(ran).toEqual(["a@10", "b@10", "c@20"]);
    expect(time.now).toBe(25);
    await time.run(30);
    expect(ran.at(-1)).toBe("late@30");
  });

  it("fires every timer once and in order, whatever is set and cancelled meanwhile (seed 1)", async () => {
    const time = new SimulatedTime();
    const random = new SeededRandom(1);
    const fired: number[] = [];
    const cancelled = new Set<number>();
    const timers = Array.from({ length: 5_000 }, (_, no) => {
      const at = random.below(1_000);
      return {
        no,
        at,
        timer: time.after(at, () => {
          fired.push(no);
          expect(time.now).toBe(at);
          const other = timers[random.below(timers.length)];
          if (other !== undefined && other.at > at) {
            other.timer.cancel();
            cancelled.add(other.no);
          }
        }),
      };
    });
    await time.run(1_000);
    const left = timers.filter(({ no }) => !cancelled.has(no));
    expect(fired).toEqual([...left].sort((a, b) => a.at - b.at || a.no - b.no).map(({ no }) => no));
    expect(cancelled.size).toBeGreaterThan(1_000);
    expect(time.pending()).toBe(0);
  });

  it("lets all promises settle between two timers of one moment", async () => {
    const time = new SimulatedTime();
    const ran: string[] = [];
    const work = async (): Promise<void> => {
      for (let hop = 0; hop < 50; hop++) await undefined;
      ran.push("settled");
    };
    time.after(5, () => void work());
    time.after(5, () => ran.push("next"));
    await time.run(5);
    expect(ran).toEqual(["settled", "next"]);
  });

  it("ends a turn when all that was due has run, and before what that has set", async () => {
    const time = new SimulatedTime();
    const ran: string[] = [];
    time.after(5, () => {
      time.endOfTurn(() => ran.push("end"));
      time.after(0, () => ran.push("later turn"));
      ran.push("first");
    });
    time.after(5, () => ran.push("second"));
    await time.run(5);
    expect(ran).toEqual(["first", "second", "end", "later turn"]);
  });

  it("stops where it is told to, and rejects with what a step throws", async () => {
    const time = new SimulatedTime();
    let count = 0;
    const again = (): void => {
      count++;
      time.after(1, again);
    };
    time.after(1, again);
    await time.run(1_000, () => count === 10);
    expect(time.now).toBe(10);
    time.after(1, () => {
      throw new Error("wrong");
    });
    await expect(time.run(1_000)).rejects.toThrow("wrong");
  });
});

describe("NodeClock", () => {
  it("does nothing of a process any more that is dead", async () => {
    const time = new SimulatedTime();
    const clock = new NodeClock(time);
    const ran: string[] = [];
    clock.after(10, () => ran.push("timer"));
    time.after(5, () => {
      clock.endOfTurn(() => ran.push("end of turn"));
      clock.kill();
      clock.after(1, () => ran.push("set by the dead"));
    });
    clock.onEnd(() => ran.push("ended"));
    await time.run(100);
    expect(ran).toEqual(["ended"]);
    expect(clock.pending).toBe(0);
  });

  it("F28: keeps what falls due while it stands still, and then does it all in order, but for what that cancels", async () => {
    const time = new SimulatedTime();
    const clock = new NodeClock(time);
    const ran: string[] = [];
    const third = clock.after(30, () => ran.push("third"));
    clock.after(20, () => {
      ran.push(`second@${clock.monotonic()}`);
      third.cancel();
    });
    clock.after(10, () => ran.push("first"));
    clock.after(500, () => ran.push(`last@${clock.monotonic()}`));
    time.after(5, () => clock.stall(100));
    time.after(50, () => void clock.after(55, () => ran.push("only now")));
    await time.run(104);
    expect(ran).toEqual([]);
    expect(clock.stalled).toBe(true);
    await time.run(600);
    expect(ran).toEqual(["first", "second@105", "only now", "last@500"]);
  });

  it("F54: steps the wall clock alone", async () => {
    const time = new SimulatedTime();
    const clock = new NodeClock(time);
    const wall = clock.now();
    clock.after(10, () => {});
    clock.stepWall(-3_600_000);
    await time.run(10);
    expect(clock.now()).toBe(wall - 3_600_000 + 10);
    expect(clock.monotonic()).toBe(10);
  });
});
