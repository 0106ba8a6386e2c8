import { describe, expect, it } from "vitest";
import type { SeenEvent } from "../history-line.ts";
import { at, begun, C, chat, E1, HistoryOfTest, logOf, message, violated } from "./history-of-test.ts";

describe("check: members", () => {
  const removal: Partial<SeenEvent> = { type: "member", from: "ann", members: [["ben", null]] };
  const removed = logOf(message("m1"), message("m2"), removal, message("m3"));
  const asked = { ev: "change", conv: C, members: [["ben", null]], outcome: "asked" };
  const after = () =>
    begun(removed)
      .sim(asked)
      .take("ann.1", at(removed, 4))
      .take("ben.1", at(removed, 4))
      .dev("ben.1", { ev: "gone", conv: C })
      .invoke("ann.1", "m3")
      .take("ann.1", at(removed, 5))
      .ok("ann.1", "m3", 5);

  it("I17: who was removed has all up to the removal itself, and nothing more", () => {
    expect(violated(after().end(removed, ["ann.1"]))).toEqual([]);
    expect(
      violated(
        after()
          .dev("ben.1", { ev: "deliver", by: "event", ...at(removed, 5) })
          .end(removed, ["ann.1"]),
      ),
    ).toEqual(["I17"]);
  });

  it("I17: who joins has nothing of what was before, unless the log is everybody's", () => {
    for (const wholeHistory of [true, false]) {
      const log = logOf(message("m1"), { type: "member", from: "ann", members: [["eve", "member"]] });
      const told = log.map((event) => (event.seq === 1 ? { ...event, wholeHistory } : event));
      const history = new HistoryOfTest().connect("ann.1").connect("eve.1").begin("ann.1", 1).invoke("ann.1", "m1");
      history
        .take("ann.1", at(log, 2))
        .ok("ann.1", "m1", 2)
        .sim({ ...asked, members: [["eve", "member"]] })
        .take("ann.1", at(log, 3));
      history.dev("eve.1", { ev: "deliver", by: "page", ...at(log, 2) });
      expect(violated(history.end(told, ["ann.1"]))).toEqual(wholeHistory ? [] : ["I17"]);
    }
  });

  it("I17: somebody is told that it is gone who was never removed; somebody writes who was no member", () => {
    expect(violated(chat((history) => history.dev("ben.1", { ev: "gone", conv: C })))).toEqual(["I17"]);
    const log = logOf(message("m1"), message("m2"), removal, message("b1", "ben"));
    const history = begun(log)
      .sim(asked)
      .take("ann.1", at(log, 4))
      .invoke("ben.1", "b1")
      .take("ann.1", at(log, 5))
      .ok("ben.1", "b1", 5);
    expect(violated(history.end(log, ["ann.1"]))).toEqual(["I17"]);
  });

  it("I16, I17: a cursor passes over what its user cannot have, and over nothing else", () => {
    const back: Partial<SeenEvent> = { type: "member", from: "ann", members: [["ben", "member"]] };
    const log = logOf(message("m1"), message("m2"), removal, message("m3"), back);
    const run = (to: number) => {
      const history = begun(log).sim(asked).invoke("ann.1", "m3").ok("ann.1", "m3", 5);
      history
        .sim({ ...asked, members: [["ben", "member"]] })
        .take("ann.1", ...log.slice(3))
        .take("ben.1", at(log, 4));
      return violated(
        history
          .begin("ben.1", to, "void")
          .take("ben.1", ...log.slice(to))
          .end(log, ["ann.1"]),
      );
    };
    expect(run(5)).toEqual([]);
    expect(run(6)).toEqual(["I16"]);
  });

  it("I18: a stranger sees an event, or only that there is something", () => {
    const log = logOf(message("m1"), message("m2"));
    for (const line of [
      { ev: "deliver", by: "event", ...at(log, 3) },
      { ev: "head", by: "heads", conv: C, epoch: E1, head: 3 },
      { ev: "receipt", conv: C, of: "ann", delivered: 3, read: 3 },
      { ev: "presence", of: "ann", status: "online" },
    ]) {
      expect([line.ev, violated(chat((history) => history.connect("eve.1").dev("eve.1", line)))]).toEqual([
        line.ev,
        ["I18"],
      ]);
    }
  });
});
