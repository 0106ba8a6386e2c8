import { describe, expect, it } from "vitest";
import { check } from "./check.ts";
import { at, begun, C, chat, E1, E2, type HistoryOfTest, logOf, message, violated } from "./history-of-test.ts";

describe("check: devices", () => {
  const log = logOf(message("m1"), message("m2"));

  it("I7: an event is left out, or comes from nowhere", () => {
    const { lines } = chat();
    const skipped = lines.filter((line) => line.ev !== "apply" || line.dev !== "ben.1" || line.seq !== 2);
    expect(check(skipped).violations.map(({ id }) => id)).toEqual(["I7"]);
    const unbegun = lines.filter((line) => line.ev !== "reset" || line.dev !== "ben.1");
    expect(check(unbegun).violations.map(({ id }) => id)).toContain("I7");
    expect(violated(chat((history) => history.begin("ben.1", 9, "jump")))).toContain("I7");
  });

  it("I8: an event is applied again, and no cursor was lost", () => {
    expect(violated(chat((history) => history.take("ben.1", at(log, 2))))).toContain("I8");
    expect(violated(chat((history) => history.begin("ben.1", 1)))).toContain("I8");
    expect(violated(chat((history) => history.begin("ben.1", 3, "lost")))).toContain("I8");
  });

  it("I8: who has no storage begins anew, and says so", () => {
    const history = chat((chatting) => {
      chatting
        .process("ben.1#1", { ev: "crash" })
        .connect("ben.1#2")
        .begin("ben.1#2", 1)
        .take("ben.1#2", at(log, 2), at(log, 3));
    });
    expect(check(history.lines).verdict).toBe("valid");
  });

  it("I8: what is stored is at most a moment behind", () => {
    const back = (aliveMs: number, seq: number) =>
      chat((chatting) => {
        chatting.wait(aliveMs).process("ben.1#1", { ev: "crash" }).begin("ben.1#2", seq, "stored");
        chatting.connect("ben.1#2", 1, [[C, E1, seq]]).take("ben.1#2", ...log.slice(seq));
      });
    expect(violated(back(100, 2))).toEqual([]);
    expect(violated(back(5_000, 3))).toEqual([]);
    expect(violated(back(5_000, 2))).toEqual(["I8"]);
    expect(violated(back(5_000, 4))).toContain("I7");
  });

  it("I9: a window that lacks something in the end, or shows what it cannot have", () => {
    const shown = (change: object) =>
      chat().lines.map((line) => (line.ev === "shown" && line.dev === "ben.1" ? { ...line, ...change } : line));
    for (const change of [
      { cursor: 2 },
      { seqs: [1, 3] },
      { seqs: [1, 3, 2] },
      { status: "catching-up" },
      { epoch: E2 },
      { epoch: "", cursor: 0, seqs: [], status: "loading" },
      { error: "unavailable" },
    ]) {
      expect(check(shown(change)).violations.map(({ id }) => id)).toContain("I9");
    }
    expect(check(shown({ seqs: [2, 3] })).verdict).toBe("valid");
    expect(check(shown({ seqs: [] })).verdict).toBe("valid");
  });

  it("I9: who was sent away for good need not have anything", () => {
    const history = begun(log)
      .dev("ben.1", { ev: "close", connection: 1, code: 4503, side: "gateway" })
      .end(log, ["ann.1"], { ben: 1 });
    history.sim({ ev: "shown", dev: "ben.1", conv: C, epoch: E1, cursor: 1, seqs: [1], status: "catching-up" });
    expect(violated(history)).toEqual([]);
  });

  it("I9: a window that is behind for ever is no unknown", () => {
    const restless = (ms: number) => {
      const history = begun(log).sim({ ev: "heal" }).wait(ms).end(log, ["ann.1", "ben.1"]);
      const lines = history.lines.filter(
        ({ ev }, index) => ev !== "heal" || index === history.lines.findIndex((line) => line.ev === "heal"),
      );
      return check(
        lines.map((line) => {
          if (line.ev === "quiesced") return { ...line, quiet: false };
          return line.ev === "shown" && line.dev === "ben.1" ? { ...line, status: "catching-up" as const } : line;
        }),
      );
    };
    expect(restless(20_000)).toMatchObject({ verdict: "unknown" });
    expect(restless(120_000).violations.map(({ id }) => id)).toEqual(["I9"]);
  });

  it("I9: what comes over half a minute after healing is late", () => {
    const late = (ms: number) => {
      const longer = logOf(message("m1"), message("m2"), message("m3"));
      const history = begun(longer)
        .sim({ ev: "heal" })
        .invoke("ann.1", "m3")
        .take("ann.1", at(longer, 4))
        .ok("ann.1", "m3", 4);
      return violated(history.wait(ms).take("ben.1", at(longer, 4)).end(longer, ["ann.1", "ben.1"]));
    };
    expect(late(29_000)).toEqual([]);
    expect(late(31_000)).toEqual(["I9"]);
  });

  it("I16: what lies at the presented cursor comes again unasked", () => {
    for (const by of ["event", "repair"]) {
      const history = chat((chatting) => {
        chatting
          .dev("ben.1", { ev: "close", connection: 1, code: 1006, side: "network" })
          .connect("ben.1", 2, [[C, E1, 3]]);
        chatting.dev("ben.1", { ev: "deliver", by, ...at(log, 3) });
      });
      expect(violated(history)).toEqual(["I16"]);
    }
    expect(violated(chat((chatting) => chatting.dev("ben.1", { ev: "deliver", by: "page", ...at(log, 3) })))).toEqual(
      [],
    );
  });

  it("I16: a repair leaves out what lies between it and the presented cursor, unless frames are swapped", () => {
    const brought = (cursor: number, seqs: readonly number[], fault?: string) => {
      const history = chat((chatting) => {
        if (fault !== undefined) chatting.sim({ ev: "nemesis", fault, target: "ben.1" });
        chatting
          .dev("ben.1", { ev: "close", connection: 1, code: 1006, side: "network" })
          .connect("ben.1", 2, [[C, E1, cursor]]);
        for (const seq of seqs) chatting.dev("ben.1", { ev: "deliver", by: "repair", ...at(log, seq) });
      });
      return violated(history);
    };
    expect(brought(1, [2, 3])).toEqual([]);
    expect(brought(2, [3])).toEqual([]);
    expect(brought(1, [3])).toEqual(["I16"]);
    expect(brought(1, [3], "F18")).toEqual([]);
  });

  it("I16: an event comes twice, unless the network doubles frames", () => {
    const again = (history: HistoryOfTest) => history.dev("ben.1", { ev: "deliver", by: "event", ...at(log, 3) });
    expect(violated(chat(again))).toEqual(["I16"]);
    const doubled = begun(log);
    doubled.lines.unshift({ t: 0, p: "sim", ev: "nemesis", fault: "F17", target: "ben.1" });
    expect(violated(again(doubled).end(log, ["ann.1", "ben.1"]))).toEqual([]);
  });
});
