import { describe, expect, it } from "vitest";
import { deferred } from "../testing/deferred.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { askHost } from "./ask-host.ts";

describe("askHost", () => {
  it.each([
    ["at once", () => 7],
    ["later", async () => 7],
  ])("gives an answer that comes %s, and leaves no timer", async (_, ask) => {
    const clock = new ManualClock();
    expect(await askHost(clock, 100, ask)).toEqual({ kind: "answer", value: 7 });
    expect(clock.pending).toBe(0);
  });

  it("rejects as what was asked throws, before or after there is a promise", async () => {
    const clock = new ManualClock();
    const no = new Error("no");
    const throws = (): never => {
      throw no;
    };
    await expect(askHost(clock, 100, throws)).rejects.toBe(no);
    await expect(askHost(clock, 100, () => Promise.reject(no))).rejects.toBe(no);
    expect(clock.pending).toBe(0);
  });

  it("is late after its time, and hears nothing more, not even a failure", async () => {
    const clock = new ManualClock();
    const answer = deferred<number>();
    let signal: AbortSignal | undefined;
    const asked = askHost(clock, 100, (given) => {
      signal = given;
      return answer.promise;
    });
    await clock.advance(99);
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    expect(await asked).toEqual({ kind: "late" });
    expect(signal?.aborted).toBe(true);
    answer.reject(new Error("late"));
    await clock.settle();
  });
});
