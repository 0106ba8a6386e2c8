import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type JsonFault, jsonFault, measureJsonText, textMayHideFaults, utf8Bytes } from "./json-limits.ts";
import { parseJson } from "./parse-json.ts";

/** In no ECMAScript library, but in everything that runs this. */
declare class TextEncoder {
  encode(text: string): { readonly length: number };
}

const depthMax = 16;
const keysMax = 256;

const nested = (levels: number): unknown => (levels === 1 ? {} : { a: nested(levels - 1) });
const listed = (levels: number): unknown => (levels === 1 ? [] : [listed(levels - 1)]);
const keyed = (count: number): unknown => Object.fromEntries(Array.from({ length: count }, (_, key) => [`k${key}`, 0]));
const rows = (count: number): unknown => Array.from({ length: count }, () => ({ a: 0 }));

/** JSON values with text of every kind; keys and depth go beyond the small bounds that they are held against. */
const jsonValue = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, tie("leaf"), tie("list"), tie("object")),
  leaf: fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("{", "}", "[", "]", ":", '"', '\\"', "\\", "\\\\", '{"a":1}', "a:b"),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  ),
  list: fc.array(tie("value"), { maxLength: 4 }),
  object: fc.dictionary(fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom(":", '"', "{", "\\")), tie("value"), {
    maxKeys: 4,
  }),
})).value;

describe("measureJsonText", () => {
  it.each([
    ["objects", nested],
    ["arrays", listed],
  ])("counts the depth of %s", (_kind, make) => {
    expect(measureJsonText(JSON.stringify(make(depthMax)), depthMax, keysMax)).toBeNull();
    expect(measureJsonText(JSON.stringify(make(depthMax + 1)), depthMax, keysMax)).toBe("depth");
  });

  it.each([
    ["in one object", keyed],
    ["in many", rows],
  ])("counts the keys %s", (_kind, make) => {
    expect(measureJsonText(JSON.stringify(make(keysMax)), depthMax, keysMax)).toBeNull();
    expect(measureJsonText(JSON.stringify(make(keysMax + 1)), depthMax, keysMax)).toBe("keys");
  });

  it("does not count what stands in strings, whatever is escaped there", () => {
    const text = JSON.stringify({ a: `${"[{:".repeat(500)}\\"\\\\"`, ['"[{:\\']: "]}" });
    expect(measureJsonText(text, 1, 2)).toBeNull();
  });

  it("does not add up what is closed again", () => {
    expect(measureJsonText(JSON.stringify([[], [], [[]], {}]), 3, 0)).toBeNull();
  });

  it("stops at the bound, however long the text goes on", () => {
    const endless = (character: string): string =>
      ({ length: Number.POSITIVE_INFINITY, charCodeAt: () => character.charCodeAt(0) }) as unknown as string;
    expect(measureJsonText(endless("["), depthMax, keysMax)).toBe("depth");
    expect(measureJsonText(endless(":"), depthMax, keysMax)).toBe("keys");
  });

  it("never throws, and reads no further than the text, of what is no JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', "\\", "{", "}", "[", "]", ":", ",", "a") }), (text) => {
        expect([null, "depth", "keys"]).toContain(measureJsonText(text, 4, 4));
      }),
    );
    expect(measureJsonText('"\\', 1, 1)).toBeNull();
  });

  it("agrees with jsonFault on depth and keys of every JSON value, white space or none", () => {
    fc.assert(
      fc.property(
        jsonValue,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 8 }),
        fc.nat(2),
        (value, depth, keys, indent) => {
          const text = JSON.stringify(value, null, indent);
          const measured = measureJsonText(text, depth, keys);
          const judged = jsonFault(parseJson(text), depth, keys);
          // A key `__proto__` is a fault of the value alone.
          fc.pre(jsonFault(parseJson(text), 1_000, 1_000) === null);
          // With both bounds passed either may be met first, as the one reads text and the other a value.
          expect(measured === null).toBe(judged === null);
          if (jsonFault(parseJson(text), 1_000, keys) === null) expect(measured).toBe(judged);
          if (jsonFault(parseJson(text), depth, 1_000) === null) expect(measured).toBe(judged);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe("jsonFault", () => {
  it.each<[string, unknown]>([
    ["an empty object", {}],
    ["every kind of value", { a: [1, -0.5, true, null, "", { b: [] }] }],
    ["an absent field", { a: undefined }],
    ["an object without a prototype", Object.assign(Object.create(null) as object, { a: 1 })],
    ["text beyond the basic plane", { "👩‍👩‍👧": "👍🏽" }],
    ["control characters but U+0000", { a: "\u0001\n\u2028\ufeff" }],
    ["__proto__ as a value", { a: "__proto__" }],
    ["names of Object.prototype", parseJson('{"constructor":1,"toString":2}')],
    ["as deep as may be", nested(depthMax)],
    ["as many keys as may be", keyed(keysMax)],
  ])("lets %s through", (_title, value) => {
    expect(jsonFault(value, depthMax, keysMax)).toBeNull();
  });

  const circle: Record<string, unknown> = {};
  circle["self"] = circle;

  it.each<[JsonFault, string, unknown]>([
    ["depth", "too deep, of objects", nested(depthMax + 1)],
    ["depth", "too deep, of arrays", listed(depthMax + 1)],
    ["depth", "a circle", circle],
    ["keys", "too many keys in one object", keyed(keysMax + 1)],
    ["keys", "too many keys in many", rows(keysMax + 1)],
    ["nul", "U+0000 in a value", { a: ["x\u0000"] }],
    ["nul", "U+0000 in a key", { "\u0000": 1 }],
    ["surrogate", "a lone high surrogate", { a: "\ud83d" }],
    ["surrogate", "a lone low surrogate", { a: "\udc4d" }],
    ["surrogate", "a pair in the wrong order", { a: "\udc4d\ud83d" }],
    ["surrogate", "a high surrogate before a pair", { a: "\ud83d\ud83d\udc4d" }],
    ["surrogate", "a low surrogate behind a pair", { a: "\ud83d\udc4d\udc4d" }],
    ["surrogate", "a lone surrogate in a key", { "\ud83d": 1 }],
    ["proto", "a key __proto__", parseJson('{"a":[{"__proto__":1}]}')],
    ["type", "a function", { a: () => 1 }],
    ["type", "a symbol", { a: Symbol("x") }],
    ["type", "a big integer", { a: 1n }],
    ["type", "undefined itself", undefined],
    ["type", "undefined in an array", [1, undefined]],
    ["type", "a hole in an array", Array.from({ length: 2 }).fill(1, 0, 1)],
    ["type", "NaN", { a: Number.NaN }],
    ["type", "an infinite number", { a: [Number.POSITIVE_INFINITY] }],
    ["type", "a date", { a: new Date(0) }],
    ["type", "a map", { a: new Map() }],
    ["type", "bytes", { a: new Uint8Array(1) }],
  ])("finds %s: %s", (fault, _title, value) => {
    expect(jsonFault(value, depthMax, keysMax)).toBe(fault);
  });

  it("counts on from the depth that a value stands at", () => {
    expect(jsonFault(nested(15), depthMax, keysMax, 2)).toBeNull();
    expect(jsonFault(nested(16), depthMax, keysMax, 2)).toBe("depth");
  });

  it("lets through exactly what JSON brings back unchanged", () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        if (jsonFault(value, 100, 10_000) !== null) return;
        expect(jsonFault(parseJson(JSON.stringify(value)), 100, 10_000)).toBeNull();
      }),
    );
  });
});

describe("textMayHideFaults", () => {
  it("sees every text whose value has a fault of its characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("\u0000", "\ud83d", "\udc4d", "a", '"', "\\") }), (text) => {
        // As it comes off the wire: UTF-8 holds no lone surrogate, and JSON no raw U+0000, so both are escaped.
        const json = JSON.stringify({ text });
        const fault = jsonFault(parseJson(json), depthMax, keysMax);
        if (fault !== null) expect(textMayHideFaults(json)).toBe(true);
      }),
    );
  });

  it.each(['{"__proto__":1}', '{"__\\u0070roto__":1}'])("sees %s", (text) => {
    expect(textMayHideFaults(text)).toBe(true);
  });

  it.each(["1e400", "-1E+400", "1e0400", "9".repeat(309), `${"9".repeat(220)}e99`, `0.${"9".repeat(100)}e999`])(
    "S38: sees %s, which is no finite number",
    (number) => {
      const text = `{"body":{"n":${number}}}`;
      expect(textMayHideFaults(text)).toBe(true);
      expect(jsonFault(parseJson(text), depthMax, keysMax)).toBe("type");
    },
  );

  it("S38: sees every number that is not finite", () => {
    const digits = fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(digits, fc.option(fc.integer({ min: -500, max: 500 })), (mantissa, exponent) => {
        const text = `[1${mantissa}${exponent === null ? "" : `e${exponent}`}]`;
        if (jsonFault(parseJson(text), depthMax, keysMax) !== null) expect(textMayHideFaults(text)).toBe(true);
      }),
    );
  });

  it("lets the common case pass without a second look", () => {
    expect(textMayHideFaults('{"t":"send","body":{"text":"naïve 👍 \\n \\" \\\\"}}')).toBe(false);
  });
});

describe("utf8Bytes", () => {
  it("counts as TextEncoder does, also what is no well-formed text", () => {
    const encoder = new TextEncoder();
    const unit = fc.oneof(
      fc.constantFrom("a", "\u007f", "\u0080", "\u07ff", "\u0800", "\uffff", "👍", "\ud83d", "\udc4d"),
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    );
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        expect(utf8Bytes(text)).toBe(encoder.encode(text).length);
      }),
      { numRuns: 1_000 },
    );
  });
});
