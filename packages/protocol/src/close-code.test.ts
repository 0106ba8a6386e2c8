import { describe, expect, it } from "vitest";
import { CLOSE, type CloseVerdict, closeVerdict } from "./close-code.ts";
import { utf8Bytes } from "./json-limits.ts";
import { LIMITS } from "./limits.ts";

/** The table of the protocol's page, and what its ranges say of codes that it does not name. */
const verdicts: readonly (readonly [code: number, verdict: CloseVerdict])[] = [
  [1000, "reconnect"],
  [1001, "reconnect"],
  [1002, "reconnect-thrice"],
  [1006, "reconnect"],
  [1007, "reconnect-thrice"],
  [1008, "reconnect-thrice"],
  [1009, "reconnect-thrice"],
  [1011, "reconnect"],
  [1012, "reconnect"],
  [1013, "reconnect"],
  [4000, "reconnect"],
  [4001, "reconnect"],
  [4002, "reconnect"],
  [4008, "reconnect"],
  [4013, "reconnect"],
  [4029, "reconnect"],
  [4100, "new-token"],
  [4500, "stop"],
  [4501, "new-token-once"],
  [4503, "stop"],
  [4504, "stop"],
  [4505, "stop"],
  [4506, "stop"],
  [4509, "stop"],
];
const unnamed: readonly (readonly [code: number, verdict: CloseVerdict])[] = [
  [1003, "reconnect"],
  [1005, "reconnect"],
  [1015, "reconnect"],
  [3000, "reconnect"],
  [4099, "reconnect"],
  [4101, "new-token"],
  [4499, "new-token"],
  [4502, "stop"],
  [4999, "stop"],
];

describe("closeVerdict", () => {
  it.each(verdicts)("of %i is %s", (code, verdict) => {
    expect(closeVerdict(code)).toBe(verdict);
  });

  it.each(unnamed)("of %i, which nobody named, is %s", (code, verdict) => {
    expect(closeVerdict(code)).toBe(verdict);
  });
});

describe("CLOSE", () => {
  it("names the codes of the table, each once", () => {
    const codes = Object.values(CLOSE).map((close) => close.code);
    expect(codes.toSorted((a, b) => a - b)).toEqual(verdicts.map(([code]) => code));
  });

  it("says of each what the rule says", () => {
    for (const { code, verdict } of Object.values(CLOSE)) expect(closeVerdict(code)).toBe(verdict);
  });

  it("has reasons that a close frame can hold", () => {
    for (const { reason } of Object.values(CLOSE)) {
      expect(reason).not.toBe("");
      expect(utf8Bytes(reason)).toBeLessThanOrEqual(LIMITS.closeReasonBytesMax);
    }
  });
});
