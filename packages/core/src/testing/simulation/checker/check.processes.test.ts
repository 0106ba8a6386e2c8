import { describe, expect, it } from "vitest";
import { check } from "./check.ts";
import { begun, C, chat, E1, HistoryOfTest, logOf, message, violated } from "./history-of-test.ts";

describe("check: processes", () => {
  const drained = (change: (history: HistoryOfTest) => void, told: object = { within: 4_000, delay: 1_000 }) =>
    violated(
      chat((history) => {
        history.process("n1#1", { ev: "draining", within: 4_000 });
        if (told !== null) history.dev("ben.1", { ev: "drain", connection: 1, ...told });
        change(history);
        history.connect("ben.1", 2, [[C, E1, 3]]);
      }),
    );
  const close = (code: number, side: string) => ({ ev: "close", connection: 1, code, side });

  it("I22: a draining gateway lets sessions go in their time, and drops none", () => {
    expect(drained((history) => history.wait(1_000).dev("ben.1", close(1000, "device")))).toEqual([]);
    expect(drained((history) => history.wait(4_000).dev("ben.1", close(4001, "gateway")))).toEqual([]);
    expect(drained((history) => history.wait(2_000).dev("ben.1", close(4001, "gateway")))).toEqual(["I22"]);
    for (const code of [1006, 1001, 1012]) {
      expect(drained((history) => history.wait(1_000).dev("ben.1", close(code, "gateway")))).toEqual(["I22"]);
    }
    expect(
      drained((history) => history.wait(1_000).process("n1#1", { ev: "crash" }).dev("ben.1", close(1006, "gateway"))),
    ).toEqual([]);
    expect(drained((history) => history.dev("ben.1", close(1000, "device")), { within: 4_000, delay: 5_000 })).toEqual([
      "I22",
    ]);
  });

  it("I22: who was on an earlier life of the gateway, and hears only now that it is over, was not drained", () => {
    const restarted = (node: string) =>
      violated(
        chat((history) => {
          if (node === "n1#2") history.process("n1#1", { ev: "crash" }).process(node, { ev: "start" });
          history.process(node, { ev: "draining", within: 4_000 }).wait(1_000);
          history.dev("ben.1", close(1006, "gateway")).connect("ben.1", 2, [[C, E1, 3]]);
        }),
      );
    expect([restarted("n1#1"), restarted("n1#2")]).toEqual([["I22"], []]);
  });

  it("I22: nobody is sent away who was not told to go", () => {
    const history = chat((chatting) => {
      chatting
        .process("n1#1", { ev: "draining", within: 4_000 })
        .wait(4_000)
        .dev("ben.1", close(4001, "gateway"))
        .connect("ben.1", 2, [[C, E1, 3]]);
    });
    expect(violated(history)).toEqual(["I22"]);
  });

  it("I23: a rate is no refusal for good, and holds", () => {
    const log = logOf(message("m1"), message("m2"));
    expect(
      violated(begun(log).invoke("ann.1", "m3").fail("ann.1", "m3", "rate_limited").end(log, ["ann.1", "ben.1"])),
    ).toEqual(["I23"]);
    const flood = Array.from({ length: 10 }, (_, index) => message(`f${index}`));
    const many = logOf(...flood);
    const history = new HistoryOfTest().connect("ann.1").begin("ann.1", 1);
    for (const { cmid = "" } of flood) history.invoke("ann.1", cmid);
    for (const event of many.slice(1)) history.take("ann.1", event).ok("ann.1", event.cmid ?? "", event.seq);
    history.end(many, ["ann.1"]);
    expect(violated(history)).toEqual([]);
    const bounds = { sendsPerSecond: 1, sendBurstSeconds: 1 };
    expect(check(history.lines, bounds).violations.map(({ id }) => id)).toEqual(["I23"]);
  });

  it("I24: a device does not come back, or a send is never answered", () => {
    const log = logOf(message("m1"), message("m2"));
    const lost = begun(log).sim({ ev: "heal" }).dev("ben.1", close(1006, "network")).wait(70_000);
    expect(violated(lost.end(log, ["ann.1"]))).toEqual(["I24"]);
    const late = begun(log)
      .sim({ ev: "heal" })
      .dev("ben.1", close(1006, "network"))
      .wait(70_000)
      .connect("ben.1", 2, [[C, E1, 3]]);
    expect(violated(late.end(log, ["ann.1", "ben.1"]))).toEqual(["I24"]);
    expect(violated(begun(log).invoke("ann.1", "m3").end(log, ["ann.1", "ben.1"]))).toEqual(["I24"]);
    const slow = begun(log).sim({ ev: "heal" }).invoke("ann.1", "m3").wait(61_000).fail("ann.1", "m3");
    expect(violated(slow.end(log, ["ann.1", "ben.1"]))).toEqual(["I24"]);
  });
});
