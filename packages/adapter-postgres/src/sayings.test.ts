import { ChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { Sayings } from "./sayings.ts";

const MIB = 1_048_576;
const lost = new ChatError("unavailable", "unable to publish; the connection is gone");

describe("what waits to be said", () => {
  it("goes together up to a mebibyte, a longer one alone, in order", async () => {
    const sayings = new Sayings();
    const texts = ["a", "b".repeat(MIB), "c", "d".repeat(2 * MIB), "e"];
    const said = texts.map((text) => sayings.add(text));
    const batches: string[][] = [];
    for (let batch = sayings.take(); batch !== null; batch = sayings.take()) {
      batches.push(batch.map(({ text }) => text.slice(0, 1)));
      expect(sayings.done(batch, null)).toBe(true);
    }
    await Promise.all(said);
    expect([batches, sayings.idle]).toEqual([[["a"], ["b"], ["c"], ["d"], ["e"]], true]);
  });

  it("is full at 16 MiB, and not any more when it was taken", () => {
    const sayings = new Sayings();
    for (let n = 0; n < 16; n++) void sayings.add("x".repeat(MIB));
    expect(sayings.full).toBe(false);
    void sayings.add("x");
    expect(sayings.full).toBe(true);
    sayings.take();
    expect(sayings.full).toBe(false);
  });

  it("is given up, under way or not, and what comes of it later is of no interest", async () => {
    const sayings = new Sayings();
    const first = sayings.add("a");
    const batch = sayings.take() ?? [];
    const second = sayings.add("b");
    sayings.giveUp(lost);
    await expect(first).rejects.toBe(lost);
    await expect(second).rejects.toBe(lost);
    expect([sayings.done(batch, null), sayings.idle, sayings.take()]).toEqual([false, true, null]);
  });
});
