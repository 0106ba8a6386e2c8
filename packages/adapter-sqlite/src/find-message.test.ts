import { expect, it } from "vitest";
import { newestMessage, oldestMessage } from "./find-message.ts";

/** A log by its types: m for a message. */
function log(types: string) {
  const ords = [0];
  for (const type of types) ords.push((ords.at(-1) ?? 0) + (type === "m" ? 1 : 0));
  let reads = 0;
  const ordAt = (seq: number) => {
    reads += 1;
    return ords[seq] ?? 0;
  };
  return { ordAt, reads: () => reads };
}

it("the newest and the oldest message of a stretch are found, in every log of ten and every stretch of it", () => {
  for (let bits = 0; bits < 1_024; bits++) {
    const types = Array.from({ length: 10 }, (_, at) => ((bits >> at) & 1 ? "m" : "x")).join("");
    const { ordAt } = log(types);
    for (let from = 1; from <= 10; from++) {
      for (let to = from - 1; to <= 10; to++) {
        const seqs = Array.from({ length: to - from + 1 }, (_, at) => from + at).filter(
          (seq) => types[seq - 1] === "m",
        );
        expect(newestMessage(ordAt, from, to), `${types} ${from} ${to}`).toBe(seqs.at(-1) ?? null);
        expect(oldestMessage(ordAt, from, to), `${types} ${from} ${to}`).toBe(seqs[0] ?? null);
      }
    }
  }
});

it("takes steps that grow with the number of digits of what lies between, not with the log", () => {
  const { ordAt, reads } = log(`mm${"x".repeat(100_000)}m`);
  expect(newestMessage(ordAt, 1, 100_002)).toBe(2);
  expect(oldestMessage(ordAt, 3, 100_003)).toBe(100_003);
  expect(reads()).toBeLessThan(100);
});
