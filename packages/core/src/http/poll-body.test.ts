import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPollBody } from "./poll-body.ts";

const read = (text: string) => readPollBody(text, 3);

function codeOf(text: string): unknown {
  try {
    return read(text);
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
}

describe("readPollBody", () => {
  it("cuts frames out as they stand", () => {
    expect(read('{"k":7,"frames":[{"t":"ping","n":0}, {"a":[1,"],}{",{"b":"\\"]"}]} ,\n 1e400]}')).toEqual({
      k: 7,
      frames: ['{"t":"ping","n":0}', '{"a":[1,"],}{",{"b":"\\"]"}]}', "1e400"],
    });
    expect(read(' { "frames" : [ ] , "x" : {"frames":[1]}, "k" : 1 } ')).toEqual({ k: 1, frames: [] });
  });

  // What is no frame is its session's to say, and closes that with 4500.
  it("cuts out what is no JSON too", () => {
    expect(read('{"k":1,"frames":[1,]}').frames).toEqual(["1", ""]);
    expect(read('{"k":1,"frames":[{"a":nothing}]}').frames).toEqual(['{"a":nothing}']);
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    '"frames"',
    '{"k":1}',
    '{"k":1,"frames":{}}',
    '{"k":1,"frames":"[]"}',
    '{"k":1,"frames":[}',
    '{"k":1,"frames":[]',
    '{"k":1,"frames":[],}',
    '{"k":1,"frames":[],"frames":[]}',
    '{"k":1 "frames":[]}',
    '{"k":1,"frames":[]}x',
    '{"frames":[]}',
    '{"k":0,"frames":[]}',
    '{"k":-1,"frames":[]}',
    '{"k":1.5,"frames":[]}',
    '{"k":9007199254740993,"frames":[]}',
    '{"k":"1","frames":[]}',
    `{"k":1,"frames":[],"x":${"[".repeat(20)}${"]".repeat(20)}}`,
  ])("refuses %s", (text) => {
    expect(codeOf(text)).toBe("invalid");
  });

  it("S40: refuses more frames than are allowed, before they are cut out", () => {
    expect(read('{"k":1,"frames":[1,2,3]}').frames).toHaveLength(3);
    expect(codeOf('{"k":1,"frames":[1,2,3,4]}')).toBe("too_large");
  });

  it("S37, S56: reads two megabytes of anything in one pass", () => {
    const began = performance.now();
    for (const part of ["[", "{", '"', '\\"', ",", '{"a":', "]", " "])
      for (const [before, after] of [
        ['{"k":1,"frames":[', "]}"],
        ['{"', ""],
        ["{", "}"],
        ["", ""],
      ] as const)
        codeOf(before + part.repeat(2_000_000 / part.length) + after);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("finds in any body what the parser finds", () => {
    fc.assert(
      fc.property(
        fc.array(fc.json(), { maxLength: 3 }),
        fc.nat(),
        fc.dictionary(fc.string(), fc.json()),
        (list, k, others) => {
          const rest = Object.entries(others)
            .filter(([key]) => key !== "k" && key !== "frames" && key !== "__proto__")
            .map(([key, json]) => `,${JSON.stringify(key)}:${json}`)
            .join("");
          let got: unknown;
          try {
            got = read(`{"k":${k + 1},"frames":[${list.join(" , ")}]${rest}}`);
          } catch {
            return; // too deep
          }
          expect(got).toEqual({ k: k + 1, frames: list.map((text) => text.trim()) });
        },
      ),
    );
  });

  it("never throws anything but a refusal", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom("{", "}", "[", "]", '"', "\\", ",", ":", "k", "frames", '"frames"', '"k":1', " ", "1"),
        ),
        (parts) => {
          const got = codeOf(parts.join(""));
          expect(typeof got === "object" || got === "invalid" || got === "too_large").toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
