import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "./system-clock.ts";

describe("systemClock", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("fires once, not before its time, and not when cancelled", () => {
    let fired = 0;
    systemClock.after(100, () => fired++);
    const cancelled = systemClock.after(50, () => fired++);
    cancelled.cancel();
    vi.advanceTimersByTime(99);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1_000);
    cancelled.cancel();
    expect([fired, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it("waits longer than a platform's timer can", () => {
    let fired = 0;
    const ms = 2 ** 31 * 3;
    const timer = systemClock.after(ms, () => fired++);
    vi.advanceTimersByTime(ms - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
    timer.cancel();
    const never = systemClock.after(ms, () => fired++);
    vi.advanceTimersByTime(2 ** 31);
    never.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits on when the platform fires early", () => {
    let fired = 0;
    systemClock.after(0.5, () => fired++);
    const now = vi.spyOn(performance, "now");
    now.mockReturnValueOnce(performance.now() - 1);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(2);
    expect(fired).toBe(1);
  });

  it("I27: measures with what no wall clock moves", () => {
    const before = systemClock.monotonic();
    vi.setSystemTime(systemClock.now() - 3_600_000);
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
  });
});
