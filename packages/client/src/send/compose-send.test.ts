import { type Body, isChatError, LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { AnySendOptions } from "../message.ts";
import { composeSend, overLimits } from "./compose-send.ts";

const limits = { frame: LIMITS.frameBytesMax, body: LIMITS.bodyBytesMax };
const compose = (body: unknown, options: AnySendOptions = {}, id = "m1", c = "c1") =>
  composeSend(c, id, body as Body, options, limits);
const code = (...of: Parameters<typeof compose>): string => {
  const composed = compose(...of);
  return isChatError(composed) ? composed.code : "sent";
};
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
const keyed = (keys: number): Body => Object.fromEntries(Array.from({ length: keys }, (_, at) => [`k${at}`, at]));

describe("composeSend", () => {
  it("composes the frame, the same text on every repeat", () => {
    expect(compose({ text: "ü" }, { re: 3, mentions: ["u1"] })).toEqual({
      frame: { t: "send", id: "m1", c: "c1", type: "message", body: { text: "ü" }, re: 3, mentions: ["u1"] },
      text: '{"t":"send","id":"m1","c":"c1","type":"message","body":{"text":"ü"},"re":3,"mentions":["u1"]}',
      bytes: 94,
      bodyBytes: 13,
    });
  });

  it("copies the body: what the application does to it later changes nothing", () => {
    const body = { list: [1] };
    const composed = compose(body);
    body.list.push(2);
    expect(!isChatError(composed) && composed.frame.body).toEqual({ list: [1] });
  });

  it("I3: takes nothing that would end the connection", () => {
    // the frame counts 1, its body 2
    expect(code({ deep: nested(14) })).toBe("sent");
    expect(code({ deep: nested(15) })).toBe("invalid");
    // five keys of the frame's own
    expect(code(keyed(251))).toBe("sent");
    expect(code(keyed(252))).toBe("invalid");
    expect(code({ text: "x".repeat(LIMITS.bodyBytesMax - 11) })).toBe("sent");
    expect(code({ text: "x".repeat(LIMITS.bodyBytesMax - 10) })).toBe("too_large");
    expect(code({ text: "ü".repeat(LIMITS.bodyBytesMax / 2) })).toBe("too_large");
    const roomy = composeSend("c1", "m1", { text: "x".repeat(70_000) }, {}, { frame: 65_536, body: 100_000 });
    expect(isChatError(roomy) && roomy.code).toBe("too_large");
  });

  it.each([
    ["U+0000", { text: "a\u0000" }],
    ["a lone surrogate", { text: "\ud800" }],
    ["a key `__proto__`", JSON.parse('{"__proto__":1}')],
    ["null", null],
    ["a list", []],
    ["a text", "hi"],
    ["a function", { f: () => 1 }],
    ["undefined in a list", { list: [undefined] }],
    ["an infinite number", { n: Number.POSITIVE_INFINITY }],
    ["a big integer", { n: 1n }],
    ["a date", { at: new Date(0) }],
    ["a map", { map: new Map() }],
  ])("takes no body with %s", (_, body) => {
    expect(code(body)).toBe("invalid");
  });

  it("takes no cycle", () => {
    const body: Record<string, unknown> = {};
    body["self"] = body;
    expect(code(body)).toBe("invalid");
  });

  it("leaves out what is undefined", () => {
    const composed = compose({ text: "hi", more: undefined });
    expect(!isChatError(composed) && composed.frame.body).toEqual({ text: "hi" });
  });

  it("takes ids, types, seqs and names of the protocol's form only", () => {
    expect(code({}, {}, "m 1")).toBe("invalid");
    expect(code({}, {}, "")).toBe("invalid");
    expect(code({}, {}, "x".repeat(129))).toBe("invalid");
    expect(code({}, {}, "m1", "c/1")).toBe("invalid");
    expect(code({}, { type: "meta" as "message" })).toBe("invalid");
    expect(code({}, { type: "x-a b" })).toBe("invalid");
    expect(code({}, { type: "x-poll" })).toBe("sent");
    for (const re of [0, -1, 1.5, Number.NaN, 2 ** 53]) expect(code({}, { re })).toBe("invalid");
    const many = Array.from({ length: 101 }, (_, at) => `u${at}`);
    expect(code({}, { mentions: many })).toBe("invalid");
    expect(code({}, { mentions: many.slice(1) })).toBe("sent");
    expect(code({}, { mentions: ["a b"] })).toBe("invalid");
    expect(code({}, { mentions: "all" })).toBe("sent");
  });

  it("I3: names what it is about, as the gateway would have it", () => {
    for (const type of ["edit", "delete", "react"] as const) {
      const body = type === "react" ? { key: "👍", on: true } : { text: "new" };
      expect(code(body, { type }), type).toBe("invalid");
      expect(code(body, { type, re: 4 }), type).toBe("sent");
    }
    for (const type of ["message", "edit", "react", "x-a"] as const) {
      expect(code(undefined, { type, re: 4 }), type).toBe("invalid");
    }
    const bare = compose(undefined, { type: "delete", re: 4 });
    expect(!isChatError(bare) && [bare.text, bare.bodyBytes]).toEqual([
      ...['{"t":"send","id":"m1","c":"c1","type":"delete","re":4}', 0],
    ]);
    for (const body of [{ key: "👍" }, { key: 7, on: true }, { key: "", on: true }, { key: "👍", on: 1 }]) {
      expect(code(body, { type: "react", re: 4 })).toBe("invalid");
    }
    expect(code({ key: "x".repeat(64), on: false }, { type: "react", re: 4 })).toBe("sent");
    expect(code({ key: "x".repeat(65), on: false }, { type: "react", re: 4 })).toBe("invalid");
  });

  it("takes a slot, and what is expected in it", () => {
    const composed = compose({}, { type: "x-commit", slot: "mls", expect: 0 });
    expect(!isChatError(composed) && composed.frame).toMatchObject({ slot: "mls", expect: 0 });
    expect(code({}, { slot: "mls" })).toBe("sent");
    expect(code({}, { slot: "m s" })).toBe("invalid");
    expect(code({}, { expect: 0 })).toBe("invalid");
    for (const expected of [-1, 0.5, 2 ** 53]) expect(code({}, { slot: "mls", expect: expected })).toBe("invalid");
  });

  it("is checked again against the bounds of the gateway that it goes to", () => {
    const composed = compose({ text: "12345" });
    if (isChatError(composed)) throw composed;
    expect(overLimits(composed, { frame: 1_000, body: 16 })).toBe(null);
    expect(overLimits(composed, { frame: 1_000, body: 15 })?.code).toBe("too_large");
    expect(overLimits(composed, { frame: 10, body: 16 })?.code).toBe("too_large");
  });
});
