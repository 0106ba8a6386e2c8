import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { equal, hash, sign } from "./system-crypto.ts";

describe("system crypto", () => {
  // RFC 4231, test case 2; FIPS 180-2, appendix B.1.
  it("signs by HMAC-SHA-256 and hashes by SHA-256, as base64url", () => {
    const base64url = (hex: string) => Buffer.from(hex, "hex").toString("base64url");
    expect(sign("Jefe", "what do ya want for nothing?")).toBe(
      base64url("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    );
    expect(hash("abc")).toBe(base64url("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  });

  it.each([
    "",
    "k",
    "k".repeat(63),
    "k".repeat(64),
    "k".repeat(65),
    "k".repeat(200),
    "\u0000\u007f",
    "clé",
    "🔑".repeat(16),
  ])("signs by any secret as an HMAC does: %j", (secret) => {
    for (const text of ["", "x", "é👍\ud800", "x".repeat(5_000)]) {
      expect(sign(secret, text)).toBe(createHmac("sha256", secret).update(text).digest("base64url"));
    }
  });

  it("keeps the pads of some secrets only, and signs by all of them", () => {
    const secrets = Array.from({ length: 40 }, (_, index) => `secret ${index}`);
    for (const secret of [...secrets, ...secrets]) {
      expect(sign(secret, "x")).toBe(createHmac("sha256", secret).update("x").digest("base64url"));
    }
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
