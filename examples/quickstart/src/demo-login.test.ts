import { describe, expect, it } from "vitest";
import { demoLogin } from "./demo-login.ts";

function login(token: string | null): string | undefined {
  const request = { address: "127.0.0.1", origin: null, headers: {} };
  return demoLogin({ token, request, device: null, signal: AbortSignal.abort() })?.user;
}

describe("demoLogin", () => {
  it.each(["alice", "a", "0-9", "x".repeat(32)])("takes %j for the user of that name", (token) => {
    expect(login(token)).toBe(token);
  });

  it.each([null, "", "Alice", "a b", "ümit", "x".repeat(33), "a\n", "a.b"])("refuses %j", (token) => {
    expect(login(token)).toBeUndefined();
  });
});
