import { type AckFrame, LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Arrivals } from "./arrivals.ts";

function make() {
  const clock = new ManualClock();
  const acks: number[] = [];
  const named: AckFrame["d"][] = [];
  const arrivals = new Arrivals(clock, ({ n, d }) => {
    acks.push(n);
    named.push(d);
  });
  return { clock, acks, named, arrivals };
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

  it("I14: names cursors that pages have moved, the latest of each, at most once a second", async () => {
    const { clock, acks, named, arrivals } = make();
    arrivals.moved("c1", 10);
    arrivals.moved("c2", 5);
    arrivals.moved("c1", 90);
    await clock.advance(1_000);
    expect([acks, named]).toEqual([
      [0],
      [
        [
          ["c1", 90],
          ["c2", 5],
        ],
      ],
    ]);
    arrivals.counted();
    arrivals.acknowledge();
    arrivals.moved("c1", 91);
    arrivals.acknowledge();
    expect(acks).toEqual([0, 1]);
    await clock.advance(1_000);
    expect([acks, named.slice(1)]).toEqual([
      [0, 1, 1],
      [undefined, [["c1", 91]]],
    ]);
    await clock.advance(5_000);
    expect([acks.length, clock.pending]).toEqual([3, 0]);
  });

  it("names no more cursors at once than a frame may, and the others after it", async () => {
    const { clock, named, arrivals } = make();
    for (let n = 0; n <= LIMITS.haveMax; n++) arrivals.moved(`c${n}`, 1);
    await clock.advance(3_000);
    expect(named.map((d) => d?.length)).toEqual([LIMITS.haveMax, 1]);
  });

  it("a session that has ended leaves nothing running", async () => {
    const { clock, acks, arrivals } = make();
    arrivals.moved("c1", 10);
    arrivals.acknowledge();
    arrivals.moved("c1", 11);
    arrivals.acknowledge();
    arrivals.stop();
    expect([acks, clock.pending]).toEqual([[0], 0]);
  });
});
