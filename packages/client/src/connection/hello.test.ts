import { type ClientFrame, type HaveEntry, LIMITS, utf8Bytes } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { composeHello } from "./hello.ts";

const base = { device: "d1", k: 3, agent: "test/1", token: "t", resume: "r", have: [] };
const read = (frames: readonly string[]): ClientFrame[] => frames.map((text) => JSON.parse(text));

describe("composeHello", () => {
  it("says what there is to say, and leaves out what there is not", () => {
    expect(read(composeHello(base).frames)).toEqual([
      { t: "hello", v: 1, token: "t", device: "d1", k: 3, agent: "test/1", resume: "r" },
    ]);
    const bare = read(composeHello({ ...base, token: null, resume: null, have: [["c1", "e1", 4, true]] }).frames);
    expect(bare).toEqual([{ t: "hello", v: 1, device: "d1", k: 3, agent: "test/1", have: [["c1", "e1", 4, true]] }]);
  });

  it("I16: names every cursor once, in order, in frames that a gateway takes before `welcome`", () => {
    const entry = fc.tuple(fc.integer({ min: 1, max: 128 }), fc.integer({ min: 0, max: 2 ** 53 - 1 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 2_500 }), fc.integer({ min: 0, max: 8_192 }), (entries, token) => {
        const have = entries.map(
          ([length, seq, subscribe], at): HaveEntry => [`${at}`.padEnd(length, "x"), "e1", seq, subscribe],
        );
        const { frames, named } = composeHello({ ...base, token: "ü".repeat(token / 2), have });
        const [hello, ...rest] = read(frames);
        expect(frames.every((text) => utf8Bytes(text) <= LIMITS.helloBytesMax)).toBe(true);
        const said = [hello, ...rest].flatMap((frame) => (frame && "have" in frame ? (frame.have ?? []) : []));
        expect(said).toEqual(have);
        expect(named.size).toBe(have.length);
        for (const frame of rest) expect(frame.t === "have" && frame.have.length <= LIMITS.haveMax).toBe(true);
        for (const [c, , , subscribe] of have) expect(named.get(c)).toBe(subscribe);
      }),
      { numRuns: 30 },
    );
  });
});
