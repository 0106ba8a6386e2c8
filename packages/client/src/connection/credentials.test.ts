import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Credentials } from "./credentials.ts";

describe("Credentials", () => {
  it("asks once, and keeps the answer until it is spoilt", async () => {
    const clock = new ManualClock();
    let asked = 0;
    const credentials = new Credentials(() => `t${++asked}`, clock);
    expect(credentials.token).toBe(null);
    expect(await Promise.all([credentials.current(), credentials.current()])).toEqual(["t1", "t1"]);
    expect(await credentials.current()).toBe("t1");
    credentials.resume = "r";
    expect(await credentials.fresh()).toBe("t2");
    expect([credentials.token, credentials.resume]).toEqual(["t2", "r"]);
    credentials.spoil();
    expect([credentials.token, credentials.resume]).toEqual([null, null]);
    expect(await credentials.current()).toBe("t3");
    expect(clock.pending).toBe(0);
  });

  it("takes null for an answer", async () => {
    const credentials = new Credentials(async () => null, new ManualClock());
    expect(await credentials.current()).toBe(null);
  });

  it("fails when its source does, and asks again next time", async () => {
    const clock = new ManualClock();
    let asked = 0;
    const credentials = new Credentials(() => {
      if (++asked === 1) throw new Error("no network");
      return "t";
    }, clock);
    await expect(credentials.current()).rejects.toMatchObject({ code: "unauthenticated" });
    expect(await credentials.current()).toBe("t");
    expect(clock.pending).toBe(0);
  });

  it("waits 30 s for its source; what comes later is not taken", async () => {
    const clock = new ManualClock();
    const answers: ((token: string) => void)[] = [];
    const credentials = new Credentials(() => new Promise((resolve) => answers.push(resolve)), clock);
    const first = expect(credentials.current()).rejects.toMatchObject({ code: "timeout" });
    await clock.advance(30_000);
    await first;
    const second = credentials.current();
    await clock.settle();
    answers[0]?.("late");
    answers[1]?.("good");
    expect(await second).toBe("good");
    expect([credentials.token, clock.pending]).toEqual(["good", 0]);
  });

  it("lets go of those who wait", async () => {
    const clock = new ManualClock();
    const credentials = new Credentials(() => new Promise(() => {}), clock);
    const waiting = expect(credentials.current()).rejects.toMatchObject({ code: "closed" });
    credentials.stop();
    await waiting;
    expect(clock.pending).toBe(0);
  });
});
