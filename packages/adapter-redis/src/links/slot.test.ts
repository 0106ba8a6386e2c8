import { describe, expect, it } from "vitest";
import { slotOf } from "./slot.ts";

describe("slotOf", () => {
  it("is what the Cluster's specification says", () => {
    expect(slotOf("123456789")).toBe(12_739);
    expect(slotOf("foo")).toBe(12_182);
    expect(slotOf("")).toBe(0);
  });

  it("looks at the first braces alone, and only if something stands in them", () => {
    expect(slotOf("{user1000}.following")).toBe(slotOf("user1000"));
    expect(slotOf("foo{bar}{zap}")).toBe(slotOf("bar"));
    expect(slotOf("foo{{bar}}zap")).toBe(slotOf("{bar"));
    expect(slotOf("foo{}{bar}")).not.toBe(slotOf("bar"));
    expect(slotOf("foo}bar{")).not.toBe(slotOf("bar"));
  });

  it("counts bytes, not characters", () => {
    // CLUSTER KEYSLOT grüße
    expect(slotOf("grüße")).toBe(3_194);
  });
});
