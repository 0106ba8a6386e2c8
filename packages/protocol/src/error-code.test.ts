import { describe, expect, it } from "vitest";
import { isWireErrorCode, WIRE_ERRORS } from "./error-code.ts";

describe("WIRE_ERRORS", () => {
  it("gives each code the status of the protocol's table", () => {
    expect(Object.fromEntries(Object.entries(WIRE_ERRORS).map(([code, { http }]) => [code, http]))).toEqual({
      invalid: 400,
      unauthenticated: 401,
      forbidden: 403,
      not_found: 404,
      conflict: 409,
      blocked: 409,
      too_large: 413,
      rate_limited: 429,
      internal: 500,
      unavailable: 503,
    });
  });

  it("says in words what each code means", () => {
    const meanings = Object.values(WIRE_ERRORS).map(({ meaning }) => meaning);
    expect(meanings.every((meaning) => meaning.length > 10)).toBe(true);
    expect(new Set(meanings).size).toBe(meanings.length);
  });
});

describe("isWireErrorCode", () => {
  it.each(Object.keys(WIRE_ERRORS))("knows %s", (code) => {
    expect(isWireErrorCode(code)).toBe(true);
  });

  it.each(["offline", "toString", "__proto__", "", "INVALID", 400, null, undefined, ["invalid"]])(
    "refuses %j",
    (code) => {
      expect(isWireErrorCode(code)).toBe(false);
    },
  );
});
