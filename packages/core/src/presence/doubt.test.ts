import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Doubt } from "./doubt.ts";

const offline = { user: "alice", status: "offline" } as const;
const online = { user: "alice", status: "online" } as const;

describe("Doubt", () => {
  it("holds nothing back while the store answers", () => {
    const doubt = new Doubt(new ManualClock());
    expect([doubt.holds(offline, true), doubt.holds(online, true)]).toEqual([false, false]);
  });

  it("I21: holds an offline back for 5 s after a failure, nothing else, and not one that nobody would notice", async () => {
    const clock = new ManualClock();
    const doubt = new Doubt(clock);
    doubt.arise();
    expect([doubt.holds(online, true), doubt.holds(offline, false)]).toEqual([false, false]);
    expect(doubt.holds(offline, true)).toBe(true);
    await clock.advance(4_999);
    expect(doubt.holds(offline, true)).toBe(true);
    await clock.advance(1);
    expect(doubt.holds(offline, true)).toBe(false);
  });

  it("I21: holds it back for 5 s in all, however often the store fails meanwhile", async () => {
    const clock = new ManualClock();
    const doubt = new Doubt(clock);
    let heldMs = 0;
    doubt.arise();
    for (; doubt.holds(offline, true); heldMs += 500) {
      await clock.advance(500);
      doubt.arise();
    }
    expect(heldMs).toBe(5_000);
  });

  it("begins anew when the user was there in between", async () => {
    const clock = new ManualClock();
    const doubt = new Doubt(clock);
    doubt.arise();
    expect(doubt.holds(offline, true)).toBe(true);
    await clock.advance(4_000);
    doubt.arise();
    expect(doubt.holds(online, true)).toBe(false);
    await clock.advance(2_000);
    expect(doubt.holds(offline, true)).toBe(true);
  });
});
