import { ChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { errorFrame } from "./error-frame.ts";

describe("errorFrame", () => {
  it("says what a refusal says, and names what it is about", () => {
    const refusal = new ChatError("rate_limited", "unable to send message; too many", {
      retryAfterMs: 120,
      reason: "calm",
    });
    expect(errorFrame(refusal, { id: "m1", c: "c1" })).toEqual({
      t: "error",
      id: "m1",
      c: "c1",
      code: "rate_limited",
      message: "unable to send message; too many",
      reason: "calm",
      retry: 120,
    });
  });

  it("names a frame without id by its t, and never both", () => {
    const refusal = new ChatError("invalid", "unable to take frame");
    expect(errorFrame(refusal, { re: "read" })).toEqual({
      t: "error",
      re: "read",
      code: "invalid",
      message: "unable to take frame",
    });
    expect(errorFrame(refusal, { id: "r1", re: "read" })).not.toHaveProperty("re");
  });

  it("carries the last event of a slot", () => {
    const refusal = new ChatError("conflict", "unable to send message", { details: { last: 23 } });
    expect(errorFrame(refusal, { id: "m1" })).toMatchObject({ code: "conflict", last: 23 });
  });

  it.each([
    new TypeError("SELECT * FROM users WHERE token = 'secret'"),
    new ChatError("closed", "the database at /var/lib/secret is closed"),
    "secret",
    null,
  ])("S54: tells nothing of what nobody foresaw (%#)", (error) => {
    const frame = errorFrame(error, { id: "r1" });
    expect(frame).toMatchObject({ code: "internal" });
    expect(JSON.stringify(frame)).not.toContain("secret");
    expect(frame).not.toHaveProperty("retry");
  });
});
