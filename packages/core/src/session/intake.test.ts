import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Intake, type IntakeOwner } from "./intake.ts";

class Owner implements IntakeOwner {
  live = true;
  room = Number.POSITIVE_INFINITY;
  readonly taken: string[] = [];
  onTake: (text: string) => void = () => {};

  get full(): boolean {
    return this.room <= 0;
  }

  take(text: string): void {
    this.room--;
    this.taken.push(text);
    this.onTake(text);
  }
}

function intakeOf(owner: Owner) {
  const clock = new ManualClock();
  const calls: string[] = [];
  const intake = new Intake(clock, { pause: () => calls.push("pause"), resume: () => calls.push("resume") }, owner);
  return { clock, calls, intake };
}

describe("Intake", () => {
  it("takes texts in the order they came", () => {
    const owner = new Owner();
    const { intake, calls } = intakeOf(owner);
    for (const text of ["a", "b", "c"]) intake.push(text);
    expect(owner.taken).toEqual(["a", "b", "c"]);
    expect(calls).toEqual([]);
  });

  it("stops reading while there is no room, keeps what was read already, and goes on in order", async () => {
    const owner = new Owner();
    owner.room = 1;
    const { intake, calls, clock } = intakeOf(owner);
    await clock.advance(50);
    for (const text of ["a", "b", "c"]) intake.push(text);
    expect(owner.taken).toEqual(["a"]);
    expect(calls).toEqual(["pause"]);
    expect(intake.stoppedAt).toBe(50);

    owner.room = 1;
    intake.regulate();
    expect(owner.taken).toEqual(["a", "b"]);
    expect(calls.at(-1)).toBe("pause");

    owner.room = 5;
    intake.regulate();
    expect(owner.taken).toEqual(["a", "b", "c"]);
    expect(calls.at(-1)).toBe("resume");
    expect(intake.stoppedAt).toBe(null);
  });

  it("begins its time anew when the process stood still (trap 27)", async () => {
    const owner = new Owner();
    owner.room = 0;
    const { intake, clock } = intakeOf(owner);
    intake.forgive();
    expect(intake.stoppedAt).toBe(null);
    intake.push("a");
    await clock.advance(40_000);
    intake.forgive();
    expect(intake.stoppedAt).toBe(40_000);
  });

  it("takes one text at a time, also when taking one brings another", () => {
    const owner = new Owner();
    const { intake } = intakeOf(owner);
    let depth = 0;
    owner.onTake = (text) => {
      expect(++depth).toBe(1);
      if (text === "a") intake.push("c");
      depth--;
    };
    intake.push("a");
    intake.push("b");
    expect(owner.taken).toEqual(["a", "c", "b"]);
  });

  it("takes nothing before the session is live, and nothing after", () => {
    const owner = new Owner();
    owner.live = false;
    const { intake } = intakeOf(owner);
    intake.push("a");
    expect(owner.taken).toEqual([]);
    owner.live = true;
    owner.onTake = () => {
      owner.live = false;
    };
    intake.push("b");
    expect(owner.taken).toEqual(["a"]);
    intake.clear();
    owner.live = true;
    intake.regulate();
    expect(owner.taken).toEqual(["a"]);
  });

  it("stops when told to, until there is room for somebody who is live", () => {
    const owner = new Owner();
    const { intake, calls } = intakeOf(owner);
    intake.stop();
    intake.stop();
    expect(calls).toEqual(["pause"]);
    intake.regulate();
    expect(calls).toEqual(["pause", "resume"]);
  });
});
