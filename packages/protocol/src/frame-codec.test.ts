import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame } from "./frame-codec.ts";

describe("encodeFrame", () => {
  it("writes one JSON object without white space, and leaves out what is absent", () => {
    const frame = { t: "sent", id: "m1", c: "c1", epoch: "e1", seq: 1, ord: 1, at: 1_700_000_000_000 } as const;
    expect(encodeFrame(frame)).toBe('{"t":"sent","id":"m1","c":"c1","epoch":"e1","seq":1,"ord":1,"at":1700000000000}');
    expect(encodeFrame({ t: "bye" })).toBe('{"t":"bye"}');
  });
});

describe("decodeFrame", () => {
  it("gives back what was encoded, whatever the body holds", () => {
    const body = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());
    fc.assert(
      fc.property(body, (value) => {
        const frame = { t: "send", id: "m1", c: "c1", type: "message", body: value } as const;
        const text = encodeFrame(frame);
        expect(JSON.stringify(decodeFrame(text))).toBe(text);
      }),
    );
  });

  it.each(["", " ", "hello", "{", '{"t":"bye"', '{"t":"bye"}x', "[]", '[{"t":"bye"}]', "null", "true", "1", '"bye"'])(
    "answers null to %j",
    (text) => {
      expect(decodeFrame(text)).toBeNull();
    },
  );

  it("promises nothing about the fields", () => {
    expect(decodeFrame('{"t":1,"from":[]}')).toEqual({ t: 1, from: [] });
    expect(decodeFrame("{}")).toEqual({});
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
        const frame = decodeFrame(text);
        expect(frame === null || (typeof frame === "object" && !Array.isArray(frame))).toBe(true);
      }),
    );
  });

  it("keeps a key __proto__ as a key, so that the check for it can see it", () => {
    const frame = decodeFrame('{"t":"bye","__proto__":{"admin":true}}');
    expect(Object.keys(frame ?? {})).toEqual(["t", "__proto__"]);
    expect(Object.getPrototypeOf(frame)).toBe(Object.prototype);
  });
});
