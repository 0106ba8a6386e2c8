import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeToken, encodeToken, Subjects } from "./subjects.ts";

/** Any code units at all, also halves of pairs, and often what means something to NATS. */
const anyText = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom(".", "*", ">", " ", "\t", "\r", "\n", "$", "=", "a", "B", "0", "_", "-"),
    maxLength: 12,
  }),
);

describe("subjects", () => {
  it("S50: whatever an id holds, it is one token without wildcards, separators or white space", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(encodeToken(text)).toMatch(/^[A-Za-z0-9_=-]+$/);
      }),
    );
  });

  it("no two ids are one token, and a token says which it was", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(decodeToken(encodeToken(text))).toBe(text);
      }),
    );
  });

  it("every topic has a subject of its own, of as many tokens as any other", () => {
    const subjects = new Subjects("default");
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        const all = [subjects.topic(`u:${one}`), subjects.topic(`c:${one}`), subjects.topic("nodes"), subjects.all];
        expect(new Set(all).size).toBe(4);
        expect(subjects.topic(`u:${one}`).split(".").length).toBe(4);
        expect(subjects.topic(`u:${one}`) === subjects.topic(`u:${other}`)).toBe(one === other);
      }),
    );
  });

  it("a namespace that would reach into another's subjects is invalid", () => {
    for (const namespace of ["", "*", ">", "a.b", "a b", "ü", "x".repeat(65)]) {
      expect(() => new Subjects(namespace)).toThrow(expect.objectContaining({ code: "invalid" }));
    }
    expect(new Subjects("a-B_1").topic("u:alice")).toBe("earshot.a-B_1.u.alice");
  });
});
