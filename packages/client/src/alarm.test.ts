import { describe, expect, it } from "vitest";
import { Alarm } from "./alarm.ts";
import { ManualClock } from "./testing/manual-clock.ts";

describe("Alarm", () => {
  it("calls what it was set to last, once, unless it is cancelled", async () => {
    const clock = new ManualClock();
    const alarm = new Alarm(clock);
    const rung: string[] = [];
    alarm.set(10, () => rung.push("first"));
    alarm.set(20, () => rung.push("second"));
    expect([alarm.isSet, clock.pending]).toEqual([true, 1]);
    await clock.advance(100);
    expect([rung, alarm.isSet]).toEqual([["second"], false]);
    alarm.set(10, () => rung.push("third"));
    alarm.cancel();
    alarm.cancel();
    await clock.advance(100);
    expect([rung.length, alarm.isSet, clock.pending]).toEqual([1, false, 0]);
  });

  it("can be set again by what it calls", async () => {
    const clock = new ManualClock();
    const alarm = new Alarm(clock);
    let rung = 0;
    const ring = (): void => {
      if (++rung < 3) alarm.set(10, ring);
    };
    alarm.set(10, ring);
    await clock.advance(100);
    expect([rung, alarm.isSet]).toEqual([3, false]);
  });
});
