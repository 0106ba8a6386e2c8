import { describe, expect, it } from "vitest";
import { MemoryLog } from "./memory-log.ts";

const BY = { from: "alice", at: 0 } as const;

describe("MemoryLog", () => {
  it("holds nothing more of what it was cut off", () => {
    const log = new MemoryLog();
    log.push({ type: "meta", ...BY });
    for (let n = 0; n < 3; n++) {
      const { seq } = log.push({ type: "message", ...BY, body: { n } });
      log.push({ type: "message", ...BY, body: {}, re: seq });
      log.push({ type: "message", ...BY, body: {}, re: 2 });
      log.push({ type: "react", ...BY, body: {}, re: seq }, { key: "👍", on: true });
    }
    // 1 meta; 2, 6, 10 messages with a reply each, one more to 2, and a reaction.
    log.cut(9);
    expect([log.first, log.head, log.ord]).toEqual([9, 13, 9]);
    expect(log.rows().map(({ seq }) => seq)).toEqual([9, 10, 11, 12, 13]);
    expect([2, 6, 10].map((seq) => log.reactions.rowsOf(seq, null)?.length)).toEqual([undefined, undefined, 1]);
    expect([2, 6, 10].map((seq) => log.seqs("log", seq).length)).toEqual([1, 0, 1]);
    expect([log.seqs("log", undefined).length, log.seqs("present", undefined).length]).toEqual([5, 3]);
    expect([log.row(8), log.ordAt(8), log.ordAt(9)]).toEqual([undefined, 6, 6]);
  });
});
