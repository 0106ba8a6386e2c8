import type { EventRow, Mode } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changesIn, type FanoutArrival, legsOf } from "./legs.ts";

const row = (seq: number, type: EventRow["type"] = "message", body: object = {}): EventRow =>
  ({ seq, ord: seq, type, from: "alice", at: 0, body }) as EventRow;
const to = (seq: number, mode: Mode) => row(seq, "meta", { mode });
const arrival = (rows: readonly EventRow[], rest: Partial<FanoutArrival> = {}): FanoutArrival => ({
  c: "c1",
  epoch: "e1",
  rows,
  membersVersion: 0,
  ...rest,
});
/** Way and seqs of each leg. */
const ways = (given: FanoutArrival) => legsOf(given).map(({ way, rows }) => [way, rows.map(({ seq }) => seq)]);

describe("legsOf", () => {
  it("is the arrival itself where nothing switches, in the mode behind its last event", () => {
    expect(ways(arrival([row(5), row(6)], { mode: "pull" }))).toEqual([["pull", [5, 6]]]);
    expect(ways(arrival([row(5), row(6)]))).toEqual([[null, [5, 6]]]);
    expect(ways(arrival([row(5, "meta", { title: "mode" })], { mode: "push" }))).toEqual([["push", [5]]]);
  });

  it("takes the mode of a conversation from its creation, which is no switch", () => {
    expect(ways(arrival([row(1, "meta", { mode: "pull" }), row(2, "member")]))).toEqual([["pull", [1, 2]]]);
  });

  it("sends the event that switches to all members, what stands before it the old way, and what follows the new one", () => {
    const rows = [row(5), to(6, "pull"), row(7), row(8), to(9, "push")];
    for (const mode of ["push", undefined] as const) {
      expect(ways(arrival(rows, mode === undefined ? {} : { mode }))).toEqual([
        ["push", [5]],
        ["push", [6]],
        ["pull", [7, 8]],
        ["push", [9]],
      ]);
    }
  });

  it("takes origins and the members' version as of each leg's own last event", () => {
    const origins = [{}, null, {}, {}];
    const rows = [row(5, "member"), to(6, "pull"), row(7, "member"), row(8)];
    const legs = legsOf(arrival(rows, { membersVersion: 9, origins, mode: "pull" }));
    expect(legs.map(({ membersVersion }) => membersVersion)).toEqual([8, 8, 9]);
    expect(legs.map((leg) => leg.origins)).toEqual([[origins[0]], [null], [origins[2], origins[3]]]);
    expect(legs.map(({ after }) => after)).toEqual(["push", "pull", "pull"]);
    expect(legsOf(arrival(rows)).map(({ membersVersion }) => membersVersion)).toEqual([0, 0, 0]);
  });

  it("I7: for any log and any cut of it gives every event once, in order, the way of its own place", () => {
    const step = fc.constantFrom("say" as const, "switch" as const, "member" as const);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(30), fc.boolean(), (steps, cutAt, told) => {
        let mode: Mode = "push";
        const log = steps.map((kind, index) => {
          const type = kind === "say" ? "message" : "member";
          if (kind !== "switch") return { row: row(index + 2, type), way: mode, switches: false };
          mode = mode === "push" ? "pull" : "push";
          return { row: to(index + 2, mode), way: "push", switches: true };
        });
        const modeAt = (end: number): Mode =>
          log.slice(0, end).filter(({ switches }) => switches).length % 2 === 0 ? "push" : "pull";
        for (const [from, end] of [
          [0, Math.min(cutAt, log.length)],
          [Math.min(cutAt, log.length), log.length],
        ] as const) {
          const part = log.slice(from, end);
          if (part.length === 0) continue;
          const version = 50 + changesIn(log.slice(0, end).map((each) => each.row));
          const legs = legsOf(
            arrival(
              part.map((each) => each.row),
              { membersVersion: version, ...(told ? { mode: modeAt(end) } : {}) },
            ),
          );
          const given = legs.flatMap(({ rows, way }) => rows.map((each) => ({ row: each, way })));
          expect(given.map((each) => each.row)).toEqual(part.map((each) => each.row));
          const known = told || part.some(({ switches }) => switches);
          expect(given.map(({ way }) => way)).toEqual(part.map(({ way }) => (known ? way : null)));
          expect(legs.at(-1)?.membersVersion).toBe(version);
        }
      }),
    );
  });
});
