import { describe, expect, it } from "vitest";
import { check } from "./check.ts";
import { at, chat, HistoryOfTest, logOf } from "./history-of-test.ts";

describe("check: what it says", () => {
  it("valid, with counts, where all is well", () => {
    const verdict = check(chat().lines);
    expect(verdict).toMatchObject({ verdict: "valid", violations: [], unknowns: [] });
    expect(verdict.counts).toMatchObject({
      invoked: 2,
      acked: 2,
      applied: 4,
      delivered: 4,
      lost: 0,
      phantom: 0,
      doubled: 0,
    });
  });

  it("unknown, where there is nothing to decide by", () => {
    expect(check([]).verdict).toBe("unknown");
    const without = (...evs: string[]) => chat().lines.filter(({ ev }) => !evs.includes(ev));
    for (const ev of ["heal", "quiesced", "log", "shown"])
      expect([ev, check(without(ev)).verdict]).toEqual([ev, "unknown"]);
    const silent = new HistoryOfTest().connect("ann.1").begin("ann.1", 1).end(logOf(), ["ann.1"]);
    expect(check(silent.lines)).toMatchObject({ verdict: "unknown", unknowns: ["I1: no send was acknowledged"] });
    const restless = chat().lines.map((line) => (line.ev === "quiesced" ? { ...line, quiet: false } : line));
    expect(check(restless)).toMatchObject({ verdict: "unknown", unknowns: ["I9: it did not become quiet"] });
  });

  it("numbers lines as an editor does", () => {
    const { lines } = chat((history, log) => history.dev("ben.1", { ev: "apply", ...at(log, 3) }));
    const [violation] = check(lines).violations;
    expect(violation?.id).toBe("I8");
    expect(lines[(violation?.lines[0] ?? 0) - 1]).toMatchObject({ ev: "apply", seq: 3 });
  });

  it("counts faults, those of the bus (I26) and of clocks (I27) apart", () => {
    const { counts } = check(
      chat((history) => {
        for (const fault of ["F11", "F38", "F39", "F54"]) history.sim({ ev: "nemesis", fault, target: "n1" });
      }).lines,
    );
    expect(counts).toMatchObject({ faults: 4, busFaults: 2, clockFaults: 1 });
  });
});
