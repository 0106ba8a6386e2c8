import type { EventRow, Mode } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { arrivals, creationArrival } from "./arrivals.ts";
import type { Committed } from "./sequencer.ts";

function committed(c: string, seq: number, origin: object | null, membersVersion = 1, mode: Mode = "push"): Committed {
  const row: EventRow = { seq, ord: seq, type: "message", id: `m${seq}`, from: "alice", at: 0 };
  const result = { kind: "event", epoch: `e-${c}`, row, mode, membersVersion } as const;
  return { entry: message(c, "alice", "hi"), result, origin };
}

describe("arrivals", () => {
  it("gathers a commit by conversation, each in seq order, with the newest members and mode and whose send each was", () => {
    const [mine, theirs] = [{}, {}];
    const batch = [
      committed("c1", 5, mine),
      committed("c2", 9, null),
      committed("c1", 6, theirs, 2),
      committed("c1", 7, null, 2, "pull"),
    ];
    const rows = (...indexes: readonly number[]) => indexes.map((index) => batch[index]?.result.row);
    expect(arrivals(batch)).toEqual([
      { c: "c1", epoch: "e-c1", rows: rows(0, 2, 3), mode: "pull", membersVersion: 2, origins: [mine, theirs, null] },
      { c: "c2", epoch: "e-c2", rows: rows(1), mode: "push", membersVersion: 1, origins: [null] },
    ]);
  });

  it("I5: gathers apart what does not follow, and what has no known members", () => {
    const batch = [
      committed("c1", 5, null),
      committed("c1", 7, null),
      committed("c1", 8, null, 0),
      committed("c1", 9, null, 0),
    ];
    expect(arrivals(batch).map(({ rows, membersVersion }) => [rows.map(({ seq }) => seq), membersVersion])).toEqual([
      [[5], 1],
      [[7], 1],
      [[8, 9], 0],
    ]);
  });

  it("gives nothing for nothing", () => {
    expect(arrivals([])).toEqual([]);
  });
});

describe("creationArrival", () => {
  it("is for everyone: no session sent it", () => {
    const made = conversation("c1", { mode: "pull" });
    const rows: EventRow[] = [
      { seq: 1, ord: 0, type: "meta", from: "alice", at: 0, body: {} },
      { seq: 2, ord: 0, type: "member", from: "alice", at: 0, body: {} },
    ];
    expect(creationArrival(made, { rows, membersVersion: 2 })).toEqual({
      c: "c1",
      epoch: made.epoch,
      rows,
      mode: "pull",
      membersVersion: 2,
      origins: [null, null],
    });
  });
});
