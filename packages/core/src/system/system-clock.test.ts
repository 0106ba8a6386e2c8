import { describe, expect, it } from "vitest";
import { systemClock } from "./system-clock.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("systemClock", () => {
  it("calls once, not before its time", async () => {
    const start = systemClock.monotonic();
    const passed = await new Promise<number>((resolve) =>
      systemClock.after(30, () => resolve(systemClock.monotonic() - start)),
    );
    expect(passed).toBeGreaterThanOrEqual(29);
  });

  // setTimeout takes 31 bits; beyond, it fires after 1 ms (trap 28).
  it.each([2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER])(
    "does not fire early for %i ms (trap 28)",
    async (ms) => {
      let fired = 0;
      const timer = systemClock.after(ms, () => fired++);
      await wait(20);
      timer.cancel();
      expect(fired).toBe(0);
    },
  );

  it("calls nothing that was cancelled, and takes a cancel after the call", async () => {
    let fired = 0;
    const cancelled = systemClock.after(5, () => fired++);
    cancelled.cancel();
    cancelled.cancel();
    const called = systemClock.after(5, () => (fired += 10));
    await wait(30);
    called.cancel();
    expect(fired).toBe(10);
  });

  it("takes a time in the past for now", async () => {
    await new Promise<void>((resolve) => systemClock.after(-5, resolve));
  });

  it("ends a turn after the promises of that turn", async () => {
    const order: string[] = [];
    const ended = new Promise<void>((resolve) =>
      systemClock.endOfTurn(() => {
        order.push("end of turn");
        resolve();
      }),
    );
    void Promise.resolve().then(() => order.push("promise"));
    order.push("turn");
    await ended;
    expect(order).toEqual(["turn", "promise", "end of turn"]);
  });

  it("never goes back, and tells Unix time", () => {
    const [first, second] = [systemClock.monotonic(), systemClock.monotonic()];
    expect(second).toBeGreaterThanOrEqual(first);
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
  });
});
