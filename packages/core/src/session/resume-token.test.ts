import { describe, expect, it } from "vitest";
import * as crypto from "../system/system-crypto.ts";
import { type Resumable, readResume, signResume } from "./resume-token.ts";

const SECRET = "a secret of at least sixteen characters";
const OTHER = "another secret of sixteen characters";
const NOW = 1_700_000_000_000;
const RESUMABLE: Resumable = {
  user: "alice@example.com|1",
  device: "d1",
  expires: NOW + 60_000,
  tokenHash: crypto.hash("token"),
  claims: { org: "o1", name: "Zoë 💥", "\\u00e9": [1, { deep: true }] },
  mark: 17,
};

describe("resume tokens", () => {
  it("carry what they were made with, for as long as they hold", () => {
    const token = signResume(RESUMABLE, NOW + 10_000, [SECRET], crypto);
    expect(token).toMatch(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);
    expect(readResume(token, NOW, [SECRET], crypto)).toEqual(RESUMABLE);
    expect(readResume(token, NOW + 9_999, [SECRET], crypto)).toEqual(RESUMABLE);
    expect(readResume(token, NOW + 10_000, [SECRET], crypto)).toBe(null);
  });

  it("S12: end with the credentials they stand for, whatever their own time", () => {
    const token = signResume(RESUMABLE, NOW + 120_000, [SECRET], crypto);
    expect(readResume(token, NOW + 59_999, [SECRET], crypto)).toEqual(RESUMABLE);
    expect(readResume(token, NOW + 60_000, [SECRET], crypto)).toBe(null);
  });

  it("hold for credentials that never end and for clients without a token", () => {
    const claims = { ...RESUMABLE, expires: null, tokenHash: null, claims: null };
    expect(readResume(signResume(claims, NOW + 1, [SECRET], crypto), NOW, [SECRET], crypto)).toEqual(claims);
  });

  it("are verified by every secret and signed by the first", () => {
    const token = signResume(RESUMABLE, NOW + 10_000, [SECRET, OTHER], crypto);
    expect(readResume(token, NOW, [OTHER, SECRET], crypto)).toEqual(RESUMABLE);
    expect(readResume(token, NOW, [OTHER], crypto)).toBe(null);
  });

  it("S12: are refused when anything in them was changed", () => {
    const token = signResume(RESUMABLE, NOW + 10_000, [SECRET], crypto);
    for (let at = 0; at < token.length; at++) {
      const changed = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1);
      if (changed === token) continue;
      expect(readResume(changed, NOW, [SECRET], crypto)).toBe(null);
    }
  });

  it("S12: are refused with another's claims under one's own signature", () => {
    const [, mine = ""] = signResume({ ...RESUMABLE, user: "mallory" }, NOW + 10_000, [SECRET], crypto).split(".");
    const [theirs = ""] = signResume(RESUMABLE, NOW + 10_000, [SECRET], crypto).split(".");
    expect(readResume(`${theirs}.${mine}`, NOW, [SECRET], crypto)).toBe(null);
  });

  it.each(["", ".", "a", "a.", ".a", "a.b.c", "\u0000.\u0000", "💥.💥", "x".repeat(4_096)])(
    "is null for what is none: %j",
    (text) => {
      expect(readResume(text, NOW, [SECRET], crypto)).toBe(null);
    },
  );
});
