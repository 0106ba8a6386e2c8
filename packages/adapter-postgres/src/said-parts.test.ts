import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partsOf, SaidParts } from "./said-parts.ts";

/** Any text at all, within a string of JSON. */
const json = fc.string({ unit: "binary", maxLength: 60 }).map((text) => JSON.stringify(text));

describe("what is said in parts", () => {
  it("is no part longer than PostgreSQL takes, and is put together again, whoever else speaks", () => {
    fc.assert(
      fc.property(json, fc.integer({ min: 1, max: 3_000 }), json, (text, times, other) => {
        const long = `[${Array.from({ length: times }, () => text).join(",")}]`;
        const parts = partsOf("0123456789abcdef", Number.MAX_SAFE_INTEGER - 2_000, long);
        for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(7_999);
        const said = new SaidParts();
        const [foreign = ""] = partsOf("other", 1, other);
        const heard = parts.map((part) => [said.take(part), said.take(foreign)] as const);
        expect(heard.slice(0, -1).every(([own]) => own === null)).toBe(true);
        const [last, others] = heard.at(-1) ?? [];
        expect([last?.origin, JSON.parse(last?.text ?? "")]).toEqual(["0123456789abcdef", JSON.parse(long)]);
        expect([others?.origin, JSON.parse(others?.text ?? "")]).toEqual(["other", JSON.parse(other)]);
      }),
      { numRuns: 50 },
    );
  });

  it("is never the same twice, so that PostgreSQL keeps it", () => {
    const parts = [...partsOf("end", 1, "x".repeat(20_000)), ...partsOf("end", 4, "x")];
    expect(new Set(parts).size).toBe(parts.length);
  });

  it("S52: is nothing where a part is missing, or somebody else speaks on the channel", () => {
    const said = new SaidParts();
    const [first = ""] = partsOf("end", 1, "x".repeat(20_000));
    expect(said.take(first)).toBeNull();
    said.clear();
    expect(said.take("end 9 . y")).toEqual({ origin: "end", text: "y" });
    for (const payload of ["", "hello", "end 1 ? x", "end x . y"]) expect(said.take(payload)).toBeNull();
  });

  it("S52: what never ends is not kept", () => {
    const said = new SaidParts();
    const part = `x 1 + ${"y".repeat(1_048_576)}`;
    for (let n = 0; n < 33; n++) said.take(part);
    expect(said.take("x 2 . z")).toEqual({ origin: "x", text: "z" });
  });

  it("an empty text is said as well", () => {
    const said = new SaidParts();
    expect(partsOf("end", 7, "").map((part) => said.take(part))).toEqual([{ origin: "end", text: "" }]);
  });
});
