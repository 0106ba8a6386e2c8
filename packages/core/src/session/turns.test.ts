import { describe, expect, it } from "vitest";
import { Turns } from "./turns.ts";

describe("Turns", () => {
  it("runs one after the other, in the order asked for, also after one that failed", async () => {
    const turns = new Turns();
    const steps: string[] = [];
    const work = (name: string, waits: number, fails = false) =>
      turns.take(async () => {
        steps.push(`${name} begins`);
        for (let wait = 0; wait < waits; wait++) await Promise.resolve();
        steps.push(`${name} ends`);
        if (fails) throw new Error(name);
      });
    const all = await Promise.allSettled([work("a", 5), work("b", 3, true), work("c", 0)]);
    expect(all.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(steps).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });
});
