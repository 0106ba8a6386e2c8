import { ChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { failureOf, isCollision, isLost } from "./failure.ts";

const ofServer = (code: string) => Object.assign(new Error("invalid input: SECRET"), { code, detail: "SECRET" });
const ofConnection = () => Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });

describe("failures of calls", () => {
  it("are unavailable with a wait where they pass by themselves, else internal", () => {
    for (const code of ["57P01", "08006", "53300", "53100", "55P03", "25006", "40001", "40P01", "57014"]) {
      expect(failureOf(ofServer(code)), code).toMatchObject({ code: "unavailable", retryAfterMs: expect.any(Number) });
    }
    expect(failureOf(ofConnection())).toMatchObject({ code: "unavailable" });
    for (const code of ["42501", "42P01", "22021", "23505"]) {
      expect(failureOf(ofServer(code)), code).toMatchObject({ code: "internal", retryAfterMs: undefined });
    }
    const own = new ChatError("closed", "unable to use store; it is not open");
    expect(failureOf(own)).toBe(own);
  });

  it("S54: hold nothing of what the server quotes", () => {
    for (const code of ["22021", "23505", "40001"]) {
      const { message, cause } = failureOf(ofServer(code));
      expect([message.includes("SECRET"), cause], code).toEqual([false, undefined]);
    }
  });

  it("tell a lost connection from a transaction that was undone", () => {
    expect([ofConnection(), ofServer("57P01"), ofServer("40001")].map(isLost)).toEqual([true, true, false]);
    expect([ofConnection(), ofServer("40P01"), ofServer("40001")].map(isCollision)).toEqual([false, true, true]);
  });
});
