import { ChatError, WIRE_ERRORS, type WireErrorCode } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { notFound, problem } from "./problem-details.ts";

const bodyOf = async (response: Response) => (await response.json()) as Record<string, unknown>;

describe("problem", () => {
  it.each(Object.keys(WIRE_ERRORS) as WireErrorCode[])("gives %s with its status", async (code) => {
    const response = problem(new ChatError(code, "unable to do this; because"));
    expect(response.status).toBe(WIRE_ERRORS[code].http);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await bodyOf(response)).toEqual({
      type: "about:blank",
      title: WIRE_ERRORS[code].meaning,
      status: WIRE_ERRORS[code].http,
      code,
      detail: "unable to do this; because",
    });
  });

  it("says when the same request may succeed, in ms and in whole seconds", async () => {
    const response = problem(new ChatError("rate_limited", "too many", { retryAfterMs: 1_200, reason: "calm" }));
    expect(response.headers.get("retry-after")).toBe("2");
    expect(await bodyOf(response)).toMatchObject({ retry: 1_200, reason: "calm" });
  });

  it("says where a slot stands, where that is a number, and what the host's hook said", async () => {
    const of = (details: Record<string, unknown>) =>
      problem(new ChatError("conflict", "its slot has moved on", { details, reason: "late" }));
    expect(await bodyOf(of({ last: 0 }))).toMatchObject({ code: "conflict", last: 0, reason: "late" });
    expect(await bodyOf(of({ last: "secret", field: "secret" }))).not.toHaveProperty("last");
  });

  it("says how to authenticate", () => {
    expect(problem(new ChatError("unauthenticated", "no")).headers.get("www-authenticate")).toBe("Bearer");
    expect(problem(new ChatError("forbidden", "no")).headers.get("www-authenticate")).toBe(null);
  });

  it.each([new Error("secret"), new ChatError("closed", "the store at /secret is closed"), "secret", undefined])(
    "S54: tells nothing of what nobody foresaw (%#)",
    async (error) => {
      const response = problem(error);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain("secret");
    },
  );

  it("knows a route that is none", () => {
    expect(problem(notFound()).status).toBe(404);
  });
});
