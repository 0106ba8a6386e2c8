import { describe, expect, it } from "vitest";
import { SendLane } from "./send-lane.ts";

/** The turn that an admitted send was given. */
function turnOf(lane: SendLane, id: string): number {
  const admission = lane.admit(id);
  if (admission.kind !== "append") throw new Error(`${id} was not admitted`);
  return admission.turn;
}

describe("SendLane", () => {
  it("appends as long as nothing was refused", () => {
    const lane = new SendLane();
    expect([turnOf(lane, "m1"), turnOf(lane, "m2")]).toEqual([1, 2]);
    expect(lane.clear).toBe(true);
  });

  it("I11: blocks what is behind a refused one, with its wait, until that is sent again and answered", () => {
    const lane = new SendLane();
    lane.refused("m1", turnOf(lane, "m1"), 700);
    expect(lane.admit("m2")).toEqual({ kind: "blocked", retryAfterMs: 700 });
    expect(lane.admit("m1")).toMatchObject({ kind: "append" });
    expect(lane.admit("m2")).toEqual({ kind: "hold" });
    expect(lane.settled("m1")).toBe(true);
    expect(lane.admit("m2")).toMatchObject({ kind: "append" });
  });

  it("I11: blocks on when the retry is refused too", () => {
    const lane = new SendLane();
    lane.refused("m1", turnOf(lane, "m1"), 700);
    lane.refused("m1", turnOf(lane, "m1"), 900);
    expect(lane.admit("m2")).toEqual({ kind: "blocked", retryAfterMs: 900 });
    expect(lane.admit("m1")).toMatchObject({ kind: "append" });
  });

  it("I11: is blocked by the earliest of several that are refused, whichever is answered first", () => {
    const lane = new SendLane();
    const [first, second] = [turnOf(lane, "m1"), turnOf(lane, "m2")];
    // m2 was over a rate, at once; m1 was with the store, which then failed.
    lane.refused("m2", second, 50);
    lane.refused("m1", first, 1_000);
    expect(lane.admit("m2")).toEqual({ kind: "blocked", retryAfterMs: 1_000 });
    expect(lane.admit("m1")).toMatchObject({ kind: "append" });
    expect(lane.admit("m2")).toEqual({ kind: "hold" });
  });

  it("I11: is not taken over by a later one that is refused while the blocker is tried again", () => {
    const lane = new SendLane();
    const [first, second] = [turnOf(lane, "m1"), turnOf(lane, "m2")];
    lane.refused("m1", first, 1_000);
    turnOf(lane, "m1");
    lane.refused("m2", second, 1_000);
    expect(lane.admit("m2")).toEqual({ kind: "hold" });
    expect(lane.settled("m1")).toBe(true);
  });

  it("I11: lets those pass that were refused before the one that blocks was even sent", () => {
    const lane = new SendLane();
    const [first, second] = [turnOf(lane, "m1"), turnOf(lane, "m2")];
    const third = turnOf(lane, "m3");
    lane.refused("m1", first, 700);
    lane.refused("m2", second, 700);
    // The client has seen m1 in the log, and waits for it no longer; m3 was on its way meanwhile.
    expect(lane.settled("m1")).toBe(true);
    lane.refused("m3", third, 900);
    expect(lane.admit("m4")).toEqual({ kind: "blocked", retryAfterMs: 900 });
    expect(lane.admit("m2")).toEqual({ kind: "append", turn: second });
    lane.refused("m2", second, 800);
    expect(lane.admit("m3")).toEqual({ kind: "blocked", retryAfterMs: 800 });
    expect(lane.admit("m2")).toMatchObject({ kind: "append" });
    expect(lane.settled("m2")).toBe(true);
    expect(lane.clear).toBe(true);
  });

  it("I11: takes nothing more from the moment in which one is refused, whichever that will be", () => {
    const lane = new SendLane();
    const [first, second] = [turnOf(lane, "m1"), turnOf(lane, "m2")];
    lane.shut(700);
    expect(lane.admit("m3")).toEqual({ kind: "blocked", retryAfterMs: 700 });
    lane.landed();
    lane.settled("m1");
    expect(lane.admit("m4")).toEqual({ kind: "blocked", retryAfterMs: 700 });
    lane.landed();
    lane.refused("m2", second, 900);
    expect(lane.admit("m3")).toEqual({ kind: "blocked", retryAfterMs: 900 });
    expect(lane.settled("m2")).toBe(true);
    expect(turnOf(lane, "m3")).toBeGreaterThan(first);
  });

  it("I11: stays shut where the refused one was given up before, until those behind it are told", () => {
    const lane = new SendLane();
    const [first, second] = [turnOf(lane, "m1"), turnOf(lane, "m2")];
    lane.shut(700);
    lane.landed();
    lane.settled("m1");
    for (const id of ["m3", "m3"]) expect(lane.admit(id)).toEqual({ kind: "blocked", retryAfterMs: 700 });
    lane.landed();
    lane.refused("m2", second, 700);
    expect(second).toBeGreaterThan(first);
    expect(lane.admit("m3")).toEqual({ kind: "blocked", retryAfterMs: 700 });
    expect(turnOf(lane, "m2")).toBe(second);
  });

  it("I11: what was blocked behind one that blocks nobody goes before what comes after it", () => {
    const lane = new SendLane();
    turnOf(lane, "m1");
    lane.shut(700);
    expect(lane.admit("m2")).toEqual({ kind: "blocked", retryAfterMs: 700 });
    lane.landed();
    lane.settled("m1");
    expect(lane.admit("m3")).toEqual({ kind: "blocked", retryAfterMs: 700 });
    expect(lane.admit("m2")).toMatchObject({ kind: "append" });
    lane.landed();
    expect(lane.settled("m2")).toBe(true);
    expect(lane.admit("m3")).toMatchObject({ kind: "append" });
  });

  it("opens where the refused one was given up before, and nothing was behind it", () => {
    const lane = new SendLane();
    turnOf(lane, "m1");
    lane.shut(700);
    lane.landed();
    lane.settled("m1");
    expect(lane.admit("m2")).toMatchObject({ kind: "append" });
  });

  it("remembers a thousand that were refused, and no more", () => {
    const lane = new SendLane();
    const turns = Array.from({ length: 1_002 }, (_, index) => turnOf(lane, `m${index}`));
    for (const [index, turn] of turns.slice(0, -1).entries()) lane.refused(`m${index}`, turn, 700);
    lane.settled("m0");
    lane.refused("m1001", turns.at(-1) ?? 0, 900);
    lane.settled("m1");
    expect(lane.admit("m2")).toMatchObject({ kind: "append" });
    expect(lane.admit("m1")).toMatchObject({ kind: "blocked" });
  });

  it("I11: is not opened by the retry of a later one that failed behind an earlier one", () => {
    const lane = new SendLane();
    const [first, second] = [turnOf(lane, "m1"), turnOf(lane, "m2")];
    lane.refused("m2", second, 50);
    const again = turnOf(lane, "m2");
    lane.refused("m1", first, 1_000);
    lane.refused("m2", again, 1_000);
    expect(lane.admit("m2")).toMatchObject({ kind: "blocked" });
    expect(lane.admit("m1")).toMatchObject({ kind: "append" });
  });

  it("opens when the refused one is given up, and is not opened by another", () => {
    const lane = new SendLane();
    lane.refused("m1", turnOf(lane, "m1"), 700);
    expect(lane.settled("m2")).toBe(false);
    expect(lane.clear).toBe(false);
    expect(lane.settled("m1")).toBe(true);
    expect(lane.clear).toBe(true);
  });
});
