import { describe, expect, it } from "vitest";
import type { NetworkChange } from "../ports/network-status.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { Activity } from "./activity.ts";

function make() {
  const clock = new ManualClock();
  const gateway = { open: true };
  const told: string[] = [];
  const activity = new Activity({
    ...{ clock, gateway },
    tell: (frame) => told.push(frame.t === "active" ? frame.state : frame.t),
  });
  const notice = (...changes: readonly NetworkChange[]): void => {
    for (const change of changes) activity.noticed(change);
  };
  return { clock, gateway, told, activity, notice };
}

describe("Activity", () => {
  it("is idle when the page was hidden for a minute, and active when it is seen again", async () => {
    const { clock, told, notice } = make();
    notice("hidden");
    await clock.advance(59_999);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual(["idle"]);
    notice("hidden", "online", "offline", "wake");
    expect(told).toEqual(["idle", "active"]);
    await clock.advance(120_000);
    expect([told.length, clock.pending]).toEqual([2, 0]);
  });

  it("says nothing of a glance elsewhere", async () => {
    const { clock, told, notice } = make();
    notice("hidden");
    await clock.advance(30_000);
    notice("hidden", "wake");
    await clock.advance(120_000);
    expect([told, clock.pending]).toEqual([[], 0]);
  });

  it("is what the application says, until that says `auto`", async () => {
    const { clock, told, activity, notice } = make();
    activity.choose("invisible");
    notice("hidden");
    await clock.advance(60_000);
    activity.choose("invisible");
    expect(told).toEqual(["invisible"]);
    activity.choose("auto");
    expect(told).toEqual(["invisible", "idle"]);
  });

  it("I21: tells each session that takes it for active, and no other", () => {
    const { told, gateway, activity } = make();
    activity.welcomed();
    gateway.open = false;
    activity.choose("invisible");
    expect(told).toEqual([]);
    gateway.open = true;
    activity.welcomed();
    activity.welcomed();
    expect(told).toEqual(["invisible", "invisible"]);
    activity.choose("active");
    activity.welcomed();
    expect(told.length).toBe(3);
  });

  it("I25: leaves no timer", () => {
    const { clock, activity, notice } = make();
    notice("hidden");
    activity.stop();
    expect(clock.pending).toBe(0);
  });
});
