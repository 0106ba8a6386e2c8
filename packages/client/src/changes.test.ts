import { describe, expect, it, vi } from "vitest";
import { Changes, ComputedCell, clockWithin, LiveCell } from "./changes.ts";
import { ManualClock } from "./testing/manual-clock.ts";

/** As much of Node as is used here. */
interface NodeProcess {
  on(event: "unhandledRejection", listener: (reason: unknown) => unknown): void;
  off(event: "unhandledRejection", listener: (reason: unknown) => unknown): void;
}

class Counter extends LiveCell<{ readonly count: number }> {
  count = 0;
  composed = 0;
  readonly watching: boolean[] = [];

  protected compose(): { readonly count: number } {
    this.composed++;
    return { count: this.count };
  }

  protected override watched(on: boolean): void {
    this.watching.push(on);
  }

  raise(): void {
    this.changes.run(() => {
      this.count++;
      this.touch();
    });
  }
}

describe("LiveCell", () => {
  it("is frozen, and the same object until it changes", () => {
    const cell = new Counter(new Changes());
    const { current } = cell;
    expect(Object.isFrozen(current)).toBe(true);
    expect(cell.current).toBe(current);
    cell.raise();
    expect(cell.current).not.toBe(current);
    expect(cell.current).toEqual({ count: 1 });
    cell.raise();
    cell.raise();
    expect(cell.composed).toBe(2);
  });

  it("tells listeners once for each call from outside, with the value as it is then", () => {
    const changes = new Changes();
    const cell = new Counter(changes);
    const told: number[] = [];
    cell.subscribe(({ count }) => told.push(count));
    expect(told).toEqual([]);
    changes.run(() => {
      cell.raise();
      cell.raise();
      expect(told).toEqual([]);
    });
    cell.raise();
    expect(told).toEqual([2, 3]);
  });

  it("can be handed over as it is", () => {
    const cell = new Counter(new Changes());
    const { subscribe } = cell;
    const told: number[] = [];
    subscribe(({ count }) => told.push(count))();
    const undo = subscribe(({ count }) => told.push(count));
    cell.raise();
    undo();
    cell.raise();
    expect(told).toEqual([1]);
  });

  it("says when the first listener comes and the last one goes", () => {
    const cell = new Counter(new Changes());
    const listener = (): void => {};
    const undo = [cell.subscribe(listener), cell.subscribe(listener)];
    expect(cell.watching).toEqual([true]);
    for (const each of [...undo, ...undo]) each();
    expect(cell.watching).toEqual([true, false]);
  });

  it("lets a listener change things: every one sees the last value", () => {
    const cell = new Counter(new Changes());
    const [first, second]: [number[], number[]] = [[], []];
    cell.subscribe(({ count }) => {
      first.push(count);
      if (count < 3) cell.raise();
    });
    cell.subscribe(({ count }) => second.push(count));
    cell.raise();
    expect(first).toEqual([1, 2, 3]);
    expect(second.at(-1)).toBe(3);
  });

  it("does not call a listener that was undone meanwhile", () => {
    const cell = new Counter(new Changes());
    const told: string[] = [];
    cell.subscribe(() => {
      told.push("first");
      undo();
    });
    const undo = cell.subscribe(() => told.push("second"));
    cell.raise();
    expect(told).toEqual(["first"]);
  });

  it("a listener that throws stops neither the others nor the caller", async () => {
    const rejections: unknown[] = [];
    const { process } = globalThis as unknown as { process: NodeProcess };
    const hear = (reason: unknown): unknown => rejections.push(reason);
    process.on("unhandledRejection", hear);
    const cell = new Counter(new Changes());
    const told = vi.fn();
    cell.subscribe(() => {
      throw new Error("the application's own");
    });
    cell.subscribe(told);
    cell.raise();
    expect(told).toHaveBeenCalledTimes(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("unhandledRejection", hear);
    expect(rejections).toEqual([new Error("the application's own")]);
  });

  it("goes on after work that throws", () => {
    const changes = new Changes();
    const cell = new Counter(changes);
    const told = vi.fn();
    cell.subscribe(told);
    expect(() =>
      changes.run(() => {
        cell.raise();
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(told).toHaveBeenCalledTimes(1);
    cell.raise();
    expect(told).toHaveBeenCalledTimes(2);
  });
});

describe("ComputedCell", () => {
  it("asks its function", () => {
    let user: string | null = null;
    const cell = new ComputedCell(new Changes(), () => user);
    expect(cell.current).toBe(null);
    user = "me";
    cell.touch();
    expect(cell.current).toBe("me");
  });
});

describe("clockWithin", () => {
  it("fires as work from outside", async () => {
    const manual = new ManualClock();
    const changes = new Changes();
    const cell = new Counter(changes);
    const told = vi.fn();
    cell.subscribe(told);
    const clock = clockWithin(changes, manual);
    clock.after(10, () => {
      cell.raise();
      cell.raise();
      expect(told).not.toHaveBeenCalled();
    });
    await manual.advance(10);
    expect(told).toHaveBeenCalledTimes(1);
    expect([clock.now(), clock.monotonic()]).toEqual([manual.now(), manual.monotonic()]);
  });
});
