import { describe, expect, it } from "vitest";
import { cpuSecondsOf } from "./process-cpu.ts";

describe("cpuSecondsOf", () => {
  it("adds user and system time, whatever the process is called", () => {
    const stat = "71 (a) (b) R 1 71 71 0 -1 4194304 1 0 0 0 250 150 7 7 20 0 11 0 5 1 1 1";
    expect(cpuSecondsOf(stat)).toBe(4);
  });
});
