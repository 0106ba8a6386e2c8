import type { Verdict, Violation } from "@earshot/core/testing";
import { describe, expect, it } from "vitest";
import { pairReport, reportText } from "./pair-report.ts";
import { RunNotes } from "./run-notes.ts";
import type { FireFigures, PairRun } from "./run-pair.ts";

const COUNTS: Verdict["counts"] = {
  ...{ lines: 10, invoked: 5000, acked: 5000, refused: 0, unanswered: 0, recovered: 0, lost: 0, excused: 0 },
  ...{ phantom: 0, doubled: 0, reordered: 0, delivered: 9, applied: 9, resets: 0, connections: 3, rewinds: 0 },
  ...{ faults: 6, busFaults: 4, clockFaults: 0 },
};
const FIGURES: FireFigures = {
  backAfterMs: 700,
  sentAfterMs: 1999,
  sentWithoutBus: 1,
  herd: { connections: 1000, back: 1000, p50: 900, p99: 3000, max: 9000 },
};

function run(violations: readonly Violation[] = [], figures: Partial<FireFigures> = {}, acked = 5000): PairRun {
  const verdict: Verdict = { verdict: "valid", violations, unknowns: [], counts: { ...COUNTS, acked } };
  const pair = { store: "postgres", bus: "nats", presence: "nats" } as const;
  return { ...pair, seed: 1, seconds: 40, verdict, figures: { ...FIGURES, ...figures }, notes: new RunNotes() };
}

const WANTED = { sends: 5000, herd: 1000 };

describe("pairReport", () => {
  it("passes what is whole and in time", () => {
    const report = pairReport(run(), WANTED);
    expect([report.passed, report.wrong]).toEqual([true, []]);
    expect(reportText(report)).toMatch(/^postgres \+ nats: passed.*\n.*5000 acknowledged: 0 lost/);
  });

  it.each([
    ["a violation", run([{ id: "I1", why: "acknowledged, and not in the log", lines: [3] }]), /I1/],
    ["too few sends", run([], {}, 4999), /4999 sends/],
    ["a store that was slow to come back", run([], { sentAfterMs: 2001 }), /2001 ms/],
    ["a store that never came back", run([], { sentAfterMs: null }), /for ever/],
    ["devices that never came back", run([], { backAfterMs: null }), /not every device/],
    ["sends that wait for the bus", run([], { sentWithoutBus: 0 }), /bus was away/],
    [
      "connections that stay away",
      run([], { herd: { connections: 1000, back: 999, p50: 1, p99: 1, max: 1 } }),
      /999 came/,
    ],
    [
      "connections that come late",
      run([], { herd: { connections: 1000, back: 1000, p50: 1, p99: 3001, max: 1 } }),
      /3001/,
    ],
    ["connections that were left out", run([], { herd: null }), /0 came back/],
  ])("fails %s, and says so", (_title, bad, why) => {
    const report = pairReport(bad, WANTED);
    expect(report.passed).toBe(false);
    expect(reportText(report)).toMatch(why);
  });
});
