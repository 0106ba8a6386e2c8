import { describe, expect, it } from "vitest";
import type { Connection } from "../ports/transport.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { Intake } from "./intake.ts";

class NotingIntake extends Intake {
  live = true;
  room = Number.POSITIVE_INFINITY;
  readonly taken: string[] = [];
  onTake: (text: string) => void = () => {};

  get full(): boolean {
    return this.room <= 0;
  }

  protected take(text: string): void {
    this.room--;
    this.taken.push(text);
    this.onTake(text);
  }
}

function intakeOf() {
  const clock = new ManualClock();
  const calls: string[] = [];
  const connection: Pick<Connection, "pause" | "resume"> = {
    pause: () => calls.push("pause"),
    resume: () => calls.push("resume"),
  };
  const intake = new NotingIntake(clock, connection);
  return { clock, calls, intake };
}

describe("Intake", () => {
  it("takes texts in the order they came", () => {
    const { intake, calls } = intakeOf();
    for (const text of ["a", "b", "c"]) intake.receive(text);
    expect(intake.taken).toEqual(["a", "b", "c"]);
    expect(calls).toEqual([]);
  });

  it("stops reading while there is no room, keeps what was read already, and goes on in order", async () => {
    const { intake, calls, clock } = intakeOf();
    intake.room = 1;
    await clock.advance(50);
    for (const text of ["a", "b", "c"]) intake.receive(text);
    expect(intake.taken).toEqual(["a"]);
    expect(calls).toEqual(["pause"]);
    expect(intake.stoppedAt).toBe(50);

    intake.room = 1;
    intake.regulate();
    expect(intake.taken).toEqual(["a", "b"]);
    expect(calls.at(-1)).toBe("pause");

    intake.room = 5;
    intake.regulate();
    expect(intake.taken).toEqual(["a", "b", "c"]);
    expect(calls.at(-1)).toBe("resume");
    expect(intake.stoppedAt).toBe(null);
  });

  it("begins its time anew when the process stood still (trap 27)", async () => {
    const { intake, clock } = intakeOf();
    intake.room = 0;
    intake.forgive();
    expect(intake.stoppedAt).toBe(null);
    intake.receive("a");
    await clock.advance(40_000);
    intake.forgive();
    expect(intake.stoppedAt).toBe(40_000);
  });

  it("takes one text at a time, also when taking one brings another", () => {
    const { intake } = intakeOf();
    let depth = 0;
    intake.onTake = (text) => {
      expect(++depth).toBe(1);
      if (text === "a") intake.receive("c");
      depth--;
    };
    intake.receive("a");
    intake.receive("b");
    expect(intake.taken).toEqual(["a", "c", "b"]);
  });

  it("takes nothing before the session is live, and nothing after", () => {
    const { intake } = intakeOf();
    intake.live = false;
    intake.receive("a");
    expect(intake.taken).toEqual([]);
    intake.live = true;
    intake.onTake = () => {
      intake.live = false;
    };
    intake.receive("b");
    expect(intake.taken).toEqual(["a"]);
    intake.forgetTexts();
    intake.live = true;
    intake.regulate();
    expect(intake.taken).toEqual(["a"]);
  });

  it("stops when told to, until there is room for somebody who is live", () => {
    const { intake, calls } = intakeOf();
    intake.stopReading();
    intake.stopReading();
    expect(calls).toEqual(["pause"]);
    intake.regulate();
    expect(calls).toEqual(["pause", "resume"]);
  });
});
