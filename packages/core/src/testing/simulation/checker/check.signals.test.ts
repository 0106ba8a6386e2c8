import { describe, expect, it } from "vitest";
import { at, begun, C, chat, E1, E2, HistoryOfTest, inEpoch, logOf, message, violated } from "./history-of-test.ts";

describe("check: signals", () => {
  const receipt = (delivered: number, read: number) => ({ ev: "receipt", conv: C, of: "ben", delivered, read });

  it("I14: a receipt falls, passes the head, or is read before it is delivered", () => {
    const told = (...marks: (readonly [number, number])[]) =>
      violated(
        chat((history) => {
          for (const [delivered, read] of marks) history.dev("ann.1", receipt(delivered, read));
        }),
      );
    expect(told([2, 1], [3, 3])).toEqual([]);
    expect(told([3, 1], [2, 1], [3, 3])).toEqual(["I14"]);
    expect(told([3, 2], [3, 1], [3, 3])).toEqual(["I14"]);
    expect(told([2, 3], [3, 3])).toEqual(["I14"]);
    expect(told([4, 1])).toContain("I14");
  });

  it("I14: what was told last is what is stored, and that is what devices have and have read", () => {
    expect(violated(chat((history) => history.dev("ann.1", receipt(2, 2))))).toEqual(["I14"]);
    const log = logOf(message("m1"), message("m2"));
    expect(violated(begun(log).end(log, ["ann.1", "ben.1"], { ben: 2 }))).toEqual(["I14"]);
    expect(violated(begun(log).dev("ben.1", { ev: "read", conv: C, seq: 3 }).end(log, ["ann.1"], { ben: 2 }))).toEqual([
      "I14",
    ]);
  });

  it("I14: somebody has what was not sent yet", () => {
    const log = logOf(message("m1"), message("m2"));
    const history = new HistoryOfTest().connect("ann.1").begin("ann.1", 1).dev("ann.1", receipt(3, 3));
    history.invoke("ann.1", "m1").ok("ann.1", "m1", 2).invoke("ann.1", "m2").ok("ann.1", "m2", 3);
    expect(violated(history.take("ann.1", at(log, 2), at(log, 3)).end(log, ["ann.1"]))).toEqual(["I14"]);
  });

  it("I14: with another life of the log receipts may fall", () => {
    const log = logOf(message("m1"), message("m2"));
    const history = begun(log)
      .dev("ann.1", receipt(3, 3))
      .sim({ ev: "rewind", epochs: [[C, E1, E2, 2]] });
    for (const dev of ["ann.1", "ben.1"]) history.begin(dev, 2, "epoch", E2);
    history.dev("ann.1", receipt(2, 2));
    expect(violated(history.end(inEpoch(log.slice(0, 2), E2), ["ann.1", "ben.1"]))).toEqual([]);
  });

  it("I15, I25: a size is over its bound; something is left", () => {
    const gauge = (value: number) =>
      chat((history) => history.process("n1#1", { ev: "gauge", name: "outbox", value, max: 10 }));
    expect(violated(gauge(10))).toEqual([]);
    expect(violated(gauge(11))).toEqual(["I15"]);
    const left = (value: number) => violated(chat().sim({ ev: "left", name: "timers", value, baseline: 2 }));
    expect([left(2), left(3)]).toEqual([[], ["I25"]]);
  });

  it("I20: somebody is seen typing who did not, or again, or late", () => {
    const typing = { ev: "typing", conv: C };
    const typist = { ev: "typist", conv: C, of: "ben" };
    expect(violated(chat((history) => history.dev("ben.1", typing).dev("ann.1", typist)))).toEqual([]);
    expect(violated(chat((history) => history.dev("ann.1", typist)))).toEqual(["I20"]);
    expect(violated(chat((history) => history.dev("ben.1", typing).dev("ann.1", typist).dev("ann.1", typist)))).toEqual(
      ["I20"],
    );
    expect(violated(chat((history) => history.dev("ben.1", typing).wait(7_000).dev("ann.1", typist)))).toEqual(["I20"]);
    const slept = (ms: number) =>
      chat((history) => {
        history.dev("ben.1", typing).sim({ ev: "nemesis", fault: "F6", target: "ann.1" });
        history.wait(ms).dev("ann.1", typist);
      });
    // it lay there, taken by the machine of somebody asleep
    expect(violated(slept(45_000))).toEqual([]);
    expect(violated(slept(85_000))).toEqual(["I20"]);
    const often = chat((history) => {
      for (let times = 0; times < 6; times++) history.dev("ben.1", typing).dev("ann.1", typist);
    });
    expect(violated(often)).toEqual(["I20"]);
  });

  it("I20: who plays a session again types for its user, once for each press on that device, and of no other", () => {
    const typing = { ev: "typing", conv: C };
    const typist = { ev: "typist", conv: C, of: "ben" };
    const replayed = (target: string, presses: number, afterMs = 1_000, times = 1) =>
      violated(
        chat((history) => {
          for (let press = 0; press < presses; press++) history.dev("ben.1", typing).wait(300);
          history.wait(60_000).sim({ ev: "nemesis", fault: "F23", target }).wait(afterMs);
          for (let time = 0; time < times; time++) history.dev("ann.1", typist).wait(3_000);
        }),
      );
    expect(replayed("ben.1", 1)).toEqual([]);
    expect(replayed("ben.1", 1, 1_000, 2)).toEqual(["I20"]);
    expect(replayed("ben.1", 0)).toEqual(["I20"]);
    expect(replayed("ben.1", 1, 40_000)).toEqual(["I20"]);
    expect(replayed("ben.2", 1)).toEqual(["I20"]);
    // what ann said is said again, not what she was told
    expect(replayed("ann.1", 1)).toEqual(["I20"]);
  });

  it("I20: who plays a session again has a pace of their own", () => {
    const seen = (times: number, fault: string) =>
      violated(
        chat((history) => {
          for (let press = 0; press < 40; press++) history.dev("ben.1", { ev: "typing", conv: C });
          history.sim({ ev: "nemesis", fault, target: "ben.1" });
          for (let time = 0; time < times; time++) history.dev("ann.1", { ev: "typist", conv: C, of: "ben" });
        }),
      );
    // 40 s of one device on their way, and 30 s of the replay's
    expect([seen(14, "F11"), seen(15, "F11")]).toEqual([[], ["I20"]]);
    expect([seen(25, "F23"), seen(26, "F23")]).toEqual([[], ["I20"]]);
  });

  it("I21: somebody is told to be offline whose session lives, but not who just came back", () => {
    const offline = { ev: "presence", of: "ben", status: "offline" };
    const online = { ev: "presence", of: "ben", status: "online" };
    const told = (afterMs: number, fault?: string) => {
      const history = chat((chatting) => {
        if (fault !== undefined) chatting.sim({ ev: "nemesis", fault, target: "bus" });
        chatting.wait(afterMs).dev("ann.1", offline).dev("ann.1", online);
      });
      return violated(history.sim({ ev: "alive", of: "ben", on: true }));
    };
    expect(told(10_000)).toEqual(["I21"]);
    expect(told(1_000)).toEqual([]);
    expect(told(10_000, "F38")).toEqual([]);
    expect(told(10_000, "F11")).toEqual(["I21"]);
  });

  it("I21: a session ends with its gateway, whenever the device notices", () => {
    const history = chat((chatting) => {
      chatting
        .process("n1#1", { ev: "crash" })
        .dev("ann.1", { ev: "close", connection: 1, code: 1006, side: "network" });
      chatting.dev("ann.1", { ev: "conn", node: "n2#1", connection: 2 });
      chatting.dev("ann.1", { ev: "welcome", node: "n2#1", connection: 2, resumed: true }).wait(31_000);
      chatting.dev("ann.1", { ev: "presence", of: "ben", status: "offline" });
    });
    expect(violated(history)).toEqual([]);
  });

  it("I21: who is gone is told to be, in time; what was told last is so", () => {
    const left = (toldMs: number | null, invisible = false) => {
      const history = chat((chatting) => chatting.dev("ann.1", { ev: "presence", of: "ben", status: "online" }));
      if (invisible) history.wait(10_000).dev("ben.1", { ev: "activity", state: "invisible" });
      else
        history
          .wait(10_000)
          .dev("ben.1", { ev: "close", connection: 1, code: 1000, side: "device" })
          .process("ben.1#1", { ev: "stop" });
      const until = 70_000;
      if (toldMs !== null) history.wait(toldMs).dev("ann.1", { ev: "presence", of: "ben", status: "offline" });
      return violated(history.wait(until - (toldMs ?? 0)).sim({ ev: "alive", of: "ben", on: invisible }));
    };
    expect(left(6_000)).toEqual([]);
    expect(left(50_000)).toEqual(["I21"]);
    expect(left(null)).toEqual(["I21"]);
    expect(left(6_000, true)).toEqual([]);
    expect(left(null, true)).toEqual(["I21"]);
  });

  it("I21: a dead gateway's users are offline after 35 s", () => {
    const died = (toldMs: number) => {
      const history = chat((chatting) => chatting.dev("ann.1", { ev: "presence", of: "ben", status: "online" }));
      const moved = { ev: "close", connection: 1, code: 1000, side: "device" };
      history.dev("ann.1", moved).dev("ann.1", { ev: "conn", node: "n2#1", connection: 2 });
      history.dev("ann.1", { ev: "welcome", node: "n2#1", connection: 2, resumed: true }).wait(10_000);
      history
        .dev("ben.1", { ev: "close", connection: 1, code: 1006, side: "network" })
        .process("n1#1", { ev: "crash" });
      history
        .wait(toldMs)
        .dev("ann.1", { ev: "presence", of: "ben", status: "offline" })
        .wait(70_000 - toldMs);
      return violated(history.sim({ ev: "alive", of: "ben", on: false }));
    };
    expect(died(34_000)).toEqual([]);
    expect(died(44_000)).toContain("I21");
  });
});
