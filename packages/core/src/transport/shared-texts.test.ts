import { describe, expect, it } from "vitest";
import { SharedTexts } from "./shared-texts.ts";

describe("SharedTexts", () => {
  it("knows a bounded number of short texts", () => {
    const texts = new SharedTexts();
    for (let index = 0; index < 2_500; index++) expect(texts.of(`host-${index}`)).toBe(`host-${index}`);
    expect(texts.size).toBeLessThanOrEqual(1_000);
    expect(texts.size).toBeGreaterThan(0);
  });

  it("does not keep long ones", () => {
    const texts = new SharedTexts();
    const long = "a".repeat(513);
    expect(texts.of(long)).toBe(long);
    expect(texts.size).toBe(0);
  });
});
