import { describe, expect, it } from "vitest";
import { at, begun, C, chat, E1, E2, HistoryOfTest, inEpoch, logOf, message, violated } from "./history-of-test.ts";

describe("check: order", () => {
  const log = logOf(message("m1"), message("m2"));
  const swapped = logOf(message("m2"), message("m1"));

  it("I10: what was sent after an acknowledgement stands before it", () => {
    const two = logOf(message("b1", "ben"), message("a1"));
    const run = (answered: "before" | "after") => {
      const history = new HistoryOfTest()
        .connect("ann.1")
        .connect("ben.1")
        .begin("ann.1", 1)
        .begin("ben.1", 1)
        .invoke("ann.1", "a1");
      if (answered === "before") history.ok("ann.1", "a1", 3).invoke("ben.1", "b1");
      else history.invoke("ben.1", "b1").ok("ann.1", "a1", 3);
      history.ok("ben.1", "b1", 2);
      for (const dev of ["ann.1", "ben.1"]) history.take(dev, at(two, 2), at(two, 3));
      return violated(history.end(two, ["ann.1", "ben.1"]));
    };
    expect(run("after")).toEqual([]);
    expect(run("before")).toEqual(["I10"]);
  });

  it("I11: a device's sends stand in another order than sent", () => {
    const history = new HistoryOfTest().connect("ann.1").begin("ann.1", 1).invoke("ann.1", "m1").invoke("ann.1", "m2");
    history.take("ann.1", at(swapped, 2), at(swapped, 3)).ok("ann.1", "m2", 2).ok("ann.1", "m1", 3);
    expect(violated(history.end(swapped, ["ann.1"]))).toEqual(["I11"]);
  });

  it("I11: what was refused and sent again counts from there; what was not answered from the first time", () => {
    const sent = () =>
      new HistoryOfTest().connect("ann.1").begin("ann.1", 1).invoke("ann.1", "m1").invoke("ann.1", "m2");
    const refused = sent().fail("ann.1", "m1").take("ann.1", at(swapped, 2)).ok("ann.1", "m2", 2).invoke("ann.1", "m1");
    expect(violated(refused.take("ann.1", at(swapped, 3)).ok("ann.1", "m1", 3).end(swapped, ["ann.1"]))).toEqual([]);
    const unanswered = sent().take("ann.1", at(swapped, 2), at(swapped, 3)).ok("ann.1", "m2", 2);
    unanswered.process("ann.1#1", { ev: "crash" }).dev("ann.1", { ev: "info", conv: C, cmid: "m1" });
    unanswered.connect("ann.1#2").begin("ann.1#2", 3).ok("ann.1#2", "m1", 3);
    expect(violated(unanswered.end(swapped, ["ann.1"]))).toEqual(["I11"]);
  });

  it("I11: what was refused for good unheard, and repeated, has no place; what another device's was refused has one", () => {
    const sent = (of: string) => {
      const history = new HistoryOfTest().connect("ann.1").begin("ann.1", 1).invoke("ann.1", "m1");
      history.process("n1#1", { ev: "refused", dev: `${of}.1`, user: of, conv: C, cmid: "m1", code: "not_found" });
      history.invoke("ann.1", "m2").take("ann.1", at(swapped, 2)).ok("ann.1", "m2", 2);
      return history.take("ann.1", at(swapped, 3)).ok("ann.1", "m1", 3).end(swapped, ["ann.1"]);
    };
    expect(violated(sent("ann"))).toEqual([]);
    expect(violated(sent("ben"))).toEqual(["I11"]);
  });

  it("I12: a head falls, or a log is read anew in the same life", () => {
    const told = (head: number, by: string, more: object = {}) =>
      chat((history) => {
        history.wait(1_000).dev("ben.1", { ev: "close", connection: 1, code: 1006, side: "network" });
        history.connect("ben.1", 2, [[C, E1, 3]]).dev("ben.1", { ev: "head", by, conv: C, epoch: E1, head, ...more });
      });
    for (const by of ["page", "subscribed", "inbox"]) {
      expect(violated(told(2, by))).toEqual(["I12"]);
      expect(violated(told(3, by))).toEqual([]);
    }
    expect(violated(told(2, "heads"))).toEqual([]);
    expect(violated(chat((history) => history.begin("ben.1", 3, "epoch")))).toEqual(["I12"]);
  });

  // the end of the run before it may be known only when the next one is answered
  it.each([true, false])("I12, I16: a run of polls begins with its `hello`, before anything is open (%s)", (known) => {
    const polled = (line: object) =>
      chat((history) => {
        if (known) history.dev("ben.1", { ev: "close", connection: 1, code: 1006, side: "network" });
        history
          .dev("ben.1", { ev: "have", cursors: [[C, E1, 3]] })
          .wait(100)
          .ok("ann.1", "m2", 3);
        if (!known) history.dev("ben.1", { ev: "close", connection: 1, code: 1006, side: "device" });
        history.dev("ben.1", { ev: "conn", node: "n1#1", connection: 2 });
        history.dev("ben.1", { ev: "welcome", node: "n1#1", connection: 2, resumed: true }).dev("ben.1", line);
      });
    const [, , m2] = logOf(message("m1"), message("m2"));
    expect(violated(polled({ ev: "deliver", by: "repair", ...m2 }))).toEqual(["I16"]);
    const early = chat((history, log) => {
      const ahead = at(log, 3);
      history.lines.length = 8;
      if (known) history.dev("ben.1", { ev: "close", connection: 1, code: 1006, side: "network" });
      history.dev("ben.1", { ev: "have", cursors: [[C, E1, 1]] }).wait(50);
      for (const [cmid, event] of [
        ["m1", at(log, 2)],
        ["m2", ahead],
      ] as const) {
        history.invoke("ann.1", cmid).take("ann.1", event).ok("ann.1", cmid, event.seq);
      }
      if (!known) history.dev("ben.1", { ev: "close", connection: 1, code: 1006, side: "device" });
      history.dev("ben.1", { ev: "conn", node: "n1#1", connection: 2 });
      history.dev("ben.1", { ev: "welcome", node: "n1#1", connection: 2, resumed: true });
      history.dev("ben.1", { ev: "head", by: "page", conv: C, epoch: E1, head: 2 }).take("ben.1", at(log, 2), ahead);
    });
    expect(violated(early)).toEqual([]);
  });

  it("I12: on one connection an answer counts from when it was asked for", () => {
    const told = (asked?: number) =>
      chat((history) =>
        history.dev("ben.1", {
          ev: "head",
          by: "page",
          conv: C,
          epoch: E1,
          head: 1,
          ...(asked !== undefined && { asked }),
        }),
      );
    expect(violated(told())).toEqual([]);
    expect(violated(told(30))).toEqual([]);
    expect(violated(told(1_000_000))).toEqual(["I12"]);
  });

  it("I13: the sender's page lacks what was acknowledged, or the event comes after its answer", () => {
    const page = chat((history) =>
      history.dev("ann.1", { ev: "head", by: "page", asked: history.t + 5, conv: C, epoch: E1, head: 2 }),
    );
    expect(violated(page)).toContain("I13");
    expect(violated(chat((history) => history.dev("ann.1", { ev: "deliver", by: "event", ...at(log, 3) })))).toEqual([
      "I13",
    ]);
  });

  it("I19: an epoch comes from nowhere, or before its time, or after it", () => {
    const head = (epoch: string) => ({ ev: "head", by: "page", conv: C, epoch, head: 3 });
    expect(violated(chat((history) => history.dev("ben.1", head("e9"))))).toEqual(["I19"]);
    expect(
      violated(
        chat((history, events) => history.dev("ben.1", { ev: "deliver", by: "page", ...at(events, 3), epoch: "e9" })),
      ),
    ).toContain("I19");
    const rewound = (change: (history: HistoryOfTest) => void) => {
      const next = inEpoch(logOf(message("m1"), message("m2"), message("m3")), E2);
      const history = begun(log)
        .sim({ ev: "rewind", epochs: [[C, E1, E2, 3]] })
        .invoke("ann.1", "m3");
      for (const dev of ["ann.1", "ben.1"]) history.begin(dev, 3, "epoch", E2).take(dev, at(next, 4));
      change(history);
      return violated(history.end(next, ["ann.1", "ben.1"]));
    };
    expect(rewound((history) => history.ok("ann.1", "m3", 4, E2))).toEqual([]);
    expect(rewound((history) => history.ok("ann.1", "m3", 4, E1))).toContain("I19");
    expect(
      rewound((history) =>
        history.ok("ann.1", "m3", 4, E2).lines.unshift({ ...history.lines[0], t: 0, ...head(E2) } as never),
      ),
    ).toContain("I19");
  });
});
