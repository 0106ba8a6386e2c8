import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { processCpuSeconds } from "./process-cpu.ts";
import { treeCpuSeconds } from "./tree-cpu.ts";

describe("CPU of a process with all that it started", () => {
  it("counts children that have ended with it, and nothing for who is not there", () => {
    const before = treeCpuSeconds(process.pid) - processCpuSeconds(process.pid);
    spawnSync(process.execPath, [
      "-e",
      "for (const until = process.cpuUsage().user + 50_000; process.cpuUsage().user < until; );",
    ]);
    const after = treeCpuSeconds(process.pid) - processCpuSeconds(process.pid);
    expect(after - before).toBeGreaterThanOrEqual(0.04);
    expect(treeCpuSeconds(2 ** 22 + 1)).toBe(0);
  });
});
