import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson } from "./parse-json.ts";

/** Keys in whose reading engines differ: escapes, and what looks like them. */
const key = fc.oneof(fc.constantFrom("\\", '"', "\n", "a\\", "a\n", "é", ":", "", "{", "a", "__proto__"), fc.string());
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    fc.oneof(
      fc.string(),
      fc.constantFrom('"\\":', "\\\\", '{"a":1}'),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
    fc.constantFrom(true, false, null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.uniqueArray(fc.tuple(key, tie("value")), { maxLength: 4, selector: ([name]) => name }).map(Object.fromEntries),
  ),
}));

describe("parseJson", () => {
  it("gives back what was written, whatever was parsed before", () => {
    fc.assert(
      fc.property(value, fc.nat(2), (written, indent) => {
        const text = JSON.stringify(written, null, indent);
        expect(JSON.stringify(parseJson(text), null, indent)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['{"\\u00e9":1}', [["é", 1]]],
    [
      '{ "\\n" : [ 1 , { } ] , "b" : "\\"x\\"" }',
      [
        ["\n", [1, {}]],
        ["b", '"x"'],
      ],
    ],
    [
      '{"a\\\\":1,"a\\n":2}',
      [
        ["a\\", 1],
        ["a\n", 2],
      ],
    ],
    ['{"\\u0061":1,"a":2}', [["a", 2]]],
  ])("reads the keys of %s", (text, entries) => {
    JSON.parse('{"\\\\":1,"a\\\\":1}');
    expect(Object.entries(parseJson(text) as object)).toEqual(entries);
  });

  it("S33: keeps an escaped __proto__ an ordinary key, for those who refuse it", () => {
    const parsed = parseJson('{"\\u005f_proto__":{"admin":true}}') as object;
    expect(Object.keys(parsed)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  });

  it("refuses exactly what JSON.parse refuses", () => {
    const texts = fc.string({ unit: fc.constantFrom(...'{}[]:,"\\ \nue01-.'), maxLength: 12 });
    fc.assert(
      fc.property(texts, (inside) => {
        // A key with an escape, so that it is not simply handed on.
        const text = `{"\\n":0,"x":${inside}}`;
        const accepts = (parse: (text: string) => unknown): boolean => {
          try {
            parse(text);
            return true;
          } catch (error) {
            expect(error).toBeInstanceOf(SyntaxError);
            return false;
          }
        };
        expect(accepts(parseJson)).toBe(accepts(JSON.parse));
      }),
      { numRuns: 5_000 },
    );
  });
});
