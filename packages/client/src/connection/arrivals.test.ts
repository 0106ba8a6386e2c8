import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Arrivals } from "./arrivals.ts";

function make() {
  const clock = new ManualClock();
  const acks: number[] = [];
  return { clock, acks, arrivals: new Arrivals(clock, (n) => acks.push(n)) };
}

describe("Arrivals", () => {
  it("acknowledges within a second of an event, all that has come at once", async () => {
    const { clock, acks, arrivals } = make();
    arrivals.counted();
    await clock.advance(400);
    arrivals.counted();
    await clock.advance(599);
    expect(acks).toEqual([2]);
    await clock.advance(5_000);
    expect([acks, clock.pending]).toEqual([[2], 0]);
  });

  it("acknowledges after 32 without waiting", () => {
    const { acks, arrivals } = make();
    for (let n = 0; n < 70; n++) arrivals.counted();
    expect(acks).toEqual([32, 64]);
    expect(arrivals.received).toBe(70);
  });

  it("says again what it has said only when it is asked to", async () => {
    const { clock, acks, arrivals } = make();
    arrivals.counted();
    arrivals.acknowledge();
    arrivals.acknowledge();
    arrivals.acknowledge(true);
    await clock.advance(5_000);
    expect(acks).toEqual([1, 1]);
  });
});
