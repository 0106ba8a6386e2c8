import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { ReadPositions } from "./read-positions.ts";

describe("ReadPositions", () => {
  it("I16: says up to where a session reads for itself, in that life of the log, by what was told last", () => {
    const positions = new ReadPositions<object>(new ManualClock());
    const [bob, carol] = [{}, {}];
    positions.set(bob, "c1", { epoch: "e1", head: 7 }, false);
    positions.set(bob, "c1", { epoch: "e1", head: 5 }, false);
    expect(positions.of(bob, "c1", "e1")).toBe(5);
    expect([positions.of(bob, "c1", "e2"), positions.of(bob, "c2", "e1"), positions.of(carol, "c1", "e1")]).toEqual([
      0, 0, 0,
    ]);
  });

  it("I17: takes nothing but the store's word for a membership, and keeps that beside what the client presents", () => {
    const positions = new ReadPositions<object>(new ManualClock());
    const bob = {};
    positions.set(bob, "c1", { epoch: "e1", head: 90 }, false);
    expect(positions.rightsAt(bob, "c1", "e1")).toBe(0);
    positions.set(bob, "c1", { epoch: "e1", head: 7 }, true);
    positions.set(bob, "c1", { epoch: "e1", head: 90 }, false);
    expect([positions.of(bob, "c1", "e1"), positions.rightsAt(bob, "c1", "e1")]).toEqual([90, 7]);
    positions.set(bob, "c1", { epoch: "e2", head: 3 }, false);
    expect(positions.rightsAt(bob, "c1", "e2")).toBe(0);
  });

  it("keeps it for one to two minutes, however much or little happens meanwhile", async () => {
    for (const busy of [true, false]) {
      const clock = new ManualClock();
      const positions = new ReadPositions<object>(clock);
      const bob = {};
      positions.set({}, "c0", { epoch: "e1", head: 1 }, false);
      await clock.advance(30_000);
      positions.set(bob, "c1", { epoch: "e1", head: 7 }, false);
      for (let passed = 0; passed < 60_000; passed += 1_000) {
        await clock.advance(1_000);
        if (busy) positions.set({}, "c2", { epoch: "e1", head: 1 }, false);
      }
      expect(positions.of(bob, "c1", "e1")).toBe(7);
      await clock.advance(60_000);
      expect(positions.of(bob, "c1", "e1")).toBe(0);
    }
  });

  it("bounds them: those told first are forgotten", () => {
    const positions = new ReadPositions<object>(new ManualClock());
    const [first, last] = [{}, {}];
    positions.set(first, "c1", { epoch: "e1", head: 7 }, false);
    for (let count = 0; count < 500_000; count++) positions.set({}, "c1", { epoch: "e1", head: 1 }, false);
    positions.set(last, "c1", { epoch: "e1", head: 7 }, false);
    expect([positions.of(first, "c1", "e1"), positions.of(last, "c1", "e1")]).toEqual([0, 7]);
  });
});
