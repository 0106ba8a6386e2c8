import { describe, expect, it } from "vitest";
import { count } from "./vitest-project.ts";

const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };

describe("count", () => {
  it("counts what vitest counted", () => {
    const report = { ...none, numPassedTests: 3, numPendingTests: 1, numTodoTests: 1 };
    expect(count(report, true, "all of it")).toEqual({ passed: 3, failed: 0, skipped: 2, output: "" });
  });

  it("shows everything when a test failed", () => {
    const testResults = [{ status: "failed", assertionResults: [{ status: "passed" }, { status: "failed" }] }];
    const report = { ...none, numPassedTests: 1, numFailedTests: 1, testResults };
    expect(count(report, false, "all of it")).toEqual({ passed: 1, failed: 1, skipped: 0, output: "all of it" });
  });

  it("counts a file that does not load as one failed", () => {
    const testResults = [
      { status: "failed", assertionResults: [] },
      { status: "passed", assertionResults: [{ status: "passed" }] },
    ];
    expect(count({ ...none, numPassedTests: 1, testResults }, false, "")).toMatchObject({ passed: 1, failed: 1 });
  });

  it("counts an error beside the tests as one failed", () => {
    expect(count({ ...none, numPassedTests: 3 }, false, "")).toMatchObject({ passed: 3, failed: 1 });
  });

  it("counts a run of no test as failed, however it ended", () => {
    expect(count(none, true, "")).toMatchObject({ passed: 0, failed: 1 });
    expect(count({ ...none, numPendingTests: 5 }, true, "")).toMatchObject({ passed: 0, failed: 1, skipped: 5 });
    expect(count(null, true, "")).toMatchObject({ passed: 0, failed: 1 });
  });
});
