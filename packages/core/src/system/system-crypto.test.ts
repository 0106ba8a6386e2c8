import { describe, expect, it } from "vitest";
import { equal, hash, keyedHash, sign } from "./system-crypto.ts";

describe("system crypto", () => {
  // RFC 4231, test case 2; FIPS 180-2, appendix B.1.
  it("signs by HMAC-SHA-256 and hashes by SHA-256, as base64url", () => {
    const base64url = (hex: string) => Buffer.from(hex, "hex").toString("base64url");
    expect(sign("Jefe", "what do ya want for nothing?")).toBe(
      base64url("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    );
    expect(hash("abc")).toBe(base64url("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  });

  it("hashes a text by a key, otherwise with each key", () => {
    expect(keyedHash("a", "bc")).toBe(hash("abc"));
    expect(keyedHash("b", "bc")).not.toBe(keyedHash("a", "bc"));
  });

  it.each([
    ["", "", true],
    ["abc", "abc", true],
    ["abc", "abd", false],
    ["abc", "abcd", false],
    ["é", "e\u0301", false],
    ["ab", "é", false],
  ])("compares %j and %j: %s", (a, b, same) => {
    expect(equal(a, b)).toBe(same);
  });
});
