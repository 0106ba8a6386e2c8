import { describe, expect, it } from "vitest";
import { closingLine } from "./closing-line.ts";

describe("closingLine", () => {
  it("is one line of JSON with what is asked of it, and nothing else", () => {
    const counted = { events: 90, faults: { F11: 2, F2: 1 }, hash: "0f", kinds: { cut: 2 }, points: {} };
    expect(closingLine(counted, { seeds: 3, failed: [2, "7 I1"], seconds: 0.4 })).toBe(
      '{"seeds":3,"failed":[2,"7 I1"],"events":90,"faults":{"F2":1,"F11":2},"hash":"0f","seconds":0.4}',
    );
  });
});
