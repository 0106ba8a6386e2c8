import { describe, expect, it } from "vitest";
import { ChatError, isChatError, wireCodeOf } from "./chat-error.ts";

describe("ChatError", () => {
  it("carries its code, what the code brings with it, and its cause", () => {
    const cause = new Error("disk full");
    const options = { retryAfterMs: 1_200, reason: "slow mode", details: { last: 23 }, cause };
    const error = new ChatError("rate_limited", "unable to send message; too many in too short a time", options);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "ChatError", code: "rate_limited", ...options });
    expect(String(error)).toBe("ChatError: unable to send message; too many in too short a time");
  });

  it("has no cause, also no undefined one, unless it was given one", () => {
    expect("cause" in new ChatError("closed", "unable to send message; client is closed")).toBe(false);
  });

  it.each([
    [undefined, false],
    [0, true],
    [1_200, true],
  ])("with %s ms to wait is retryable: %s", (retryAfterMs, retryable) => {
    const options = retryAfterMs === undefined ? {} : { retryAfterMs };
    expect(new ChatError("unavailable", "unable to answer; store is away", options).retryable).toBe(retryable);
  });
});

describe("isChatError", () => {
  it("knows one of another copy of this package by its shape", () => {
    const foreign = Object.assign(new Error("unable to send message"), { name: "ChatError", code: "forbidden" });
    expect(isChatError(foreign)).toBe(true);
    expect(isChatError(new ChatError("invalid", "unable to take frame"))).toBe(true);
  });

  it.each([
    new Error("other"),
    Object.assign(new Error("other"), { code: "invalid" }),
    Object.assign(new Error("other"), { name: "ChatError" }),
    { name: "ChatError", code: "invalid" },
    null,
    undefined,
    "invalid",
  ])("refuses %s", (value) => {
    expect(isChatError(value)).toBe(false);
  });
});

describe("wireCodeOf", () => {
  it("keeps a code of the wire", () => {
    expect(wireCodeOf(new ChatError("not_found", "unable to fetch messages; no such conversation"))).toBe("not_found");
  });

  it.each(["offline", "aborted", "timeout", "closed", "storage"] as const)("makes internal of the local %s", (code) => {
    expect(wireCodeOf(new ChatError(code, "unable to send message"))).toBe("internal");
  });

  it.each([new Error("other"), Object.assign(new Error("other"), { code: "ENOSPC" }), "invalid", null])(
    "makes internal of what nobody foresaw: %s",
    (error) => {
      expect(wireCodeOf(error)).toBe("internal");
    },
  );

  it("does not take a name of Object.prototype for a code", () => {
    const foreign = Object.assign(new Error("x"), { name: "ChatError", code: "constructor" });
    expect(wireCodeOf(foreign)).toBe("internal");
  });
});
