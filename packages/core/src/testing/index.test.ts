import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as testing from "./index.ts";

describe("the entry ./testing", () => {
  it("is what an adopter sees, written by hand", () => {
    expect(Object.keys(testing).sort()).toEqual([
      "ConnectionLines",
      "ConnectionPair",
      "DeviceHistory",
      "DeviceMemory",
      "Lossy",
      "MESSAGE_STORE_PARTS",
      "ManualClock",
      "SeededRandom",
      "TcpProxy",
      "TestClient",
      "TestEngine",
      "busSuite",
      "checkHistory",
      "createTestChat",
      "makePlan",
      "messageStoreSuite",
      "presenceStoreSuite",
      "rateLimiterSuite",
      "seenEvent",
      "settleBus",
      "sharedStore",
      "shrink",
      "simulate",
      "writeStored",
    ]);
  });

  it("imports no test runner", () => {
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" });
    const sources = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
    expect(sources.length).toBeGreaterThan(10);
    for (const file of sources) {
      expect([
        file,
        readFileSync(`${import.meta.dirname}/${file}`, "utf8").match(/from "(vitest|node:test|jest|mocha)"/),
      ]).toEqual([file, null]);
    }
  });
});
