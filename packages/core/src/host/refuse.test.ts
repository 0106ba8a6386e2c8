import { ChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import { isRefusal, refuse } from "./refuse.ts";

describe("refuse", () => {
  it("is forbidden unless it says otherwise, and never comes with a wait", () => {
    expect(refuse()).toMatchObject({ code: "forbidden", reason: undefined, retryAfterMs: undefined });
    expect(refuse("conflict", "archived")).toMatchObject({ code: "conflict", reason: "archived" });
  });

  it.each([
    ["x".repeat(FIXED_LIMITS.reasonCharactersMax + 1), "x".repeat(FIXED_LIMITS.reasonCharactersMax)],
    [`${"x".repeat(FIXED_LIMITS.reasonCharactersMax - 1)}💥`, "x".repeat(FIXED_LIMITS.reasonCharactersMax - 1)],
    ["a\u0000b\ud800c💥", "abc💥"],
  ])("cuts a reason to what may travel", (given, kept) => {
    expect(refuse("forbidden", given).reason).toBe(kept);
  });

  it("is told from any other error, also one of the same code", () => {
    expect(isRefusal(refuse())).toBe(true);
    for (const other of [new ChatError("forbidden", "unable"), new Error("x"), null, "refuse"]) {
      expect(isRefusal(other)).toBe(false);
    }
  });
});
