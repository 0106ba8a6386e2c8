import { describe, expect, it } from "vitest";
import type { SeenEvent } from "../history-line.ts";
import { check } from "./check.ts";
import { at, begun, C, chat, E1, E2, inEpoch, logOf, message, violated } from "./history-of-test.ts";

describe("check: logs", () => {
  it("I1: an acknowledged event that the store or a fresh reader lacks", () => {
    const log = logOf(message("m1"), message("m2"));
    expect(violated(begun(log).end(log.slice(0, 2)))).toContain("I1");
    const { lines } = chat();
    const unpaged = lines.filter((line) => line.ev !== "log" || line.as !== "page" || line.seq !== 3);
    expect(check(unpaged).violations.map(({ id }) => id)).toContain("I1");
    expect(check(unpaged).counts.lost).toBe(1);
  });

  it("I1: what a rewind took away is excused, what it kept is not", () => {
    const log = logOf(message("m1"), message("m2"));
    const history = begun(log).sim({ ev: "rewind", epochs: [[C, E1, E2, 2]] });
    for (const dev of ["ann.1", "ben.1"]) history.begin(dev, 2, "epoch", E2);
    history.end(inEpoch(log.slice(0, 2), E2), ["ann.1", "ben.1"]);
    expect(check(history.lines)).toMatchObject({ verdict: "valid", counts: { excused: 1, rewinds: 1 } });
    const less = begun(log)
      .sim({ ev: "rewind", epochs: [[C, E1, E2, 2]] })
      .end(inEpoch(log.slice(0, 1), E2));
    expect(violated(less)).toContain("I1");
  });

  it("I2: an event that nobody sent, or not like that, or later", () => {
    const log = logOf(message("m1"), message("m2"), message("m3"));
    expect(violated(begun(log).end(log))).toEqual(["I2"]);
    const other = log.map((event) => (event.seq === 3 ? { ...event, hash: "other" } : event));
    expect(violated(begun(other).end(other.slice(0, 3), ["ann.1", "ben.1"]))).toContain("I2");
    const early = chat((history) =>
      history.dev("ben.1", { ev: "deliver", by: "event", ...at(log, 4) }).invoke("ann.1", "m3"),
    );
    expect(violated(early)).toContain("I2");
  });

  it("I2, I3: what nobody answered may be in the log, or not", () => {
    const log = logOf(message("m1"), message("m2"), message("m3"));
    const unknown = () => begun(log).invoke("ann.1", "m3").dev("ann.1", { ev: "info", conv: C, cmid: "m3" });
    const there = unknown().take("ann.1", at(log, 4)).take("ben.1", at(log, 4)).end(log, ["ann.1", "ben.1"]);
    expect(check(there.lines)).toMatchObject({ verdict: "valid", counts: { recovered: 1, unanswered: 1 } });
    expect(check(unknown().end(log.slice(0, 3), ["ann.1", "ben.1"]).lines).verdict).toBe("valid");
  });

  it("I3: what was refused happens, without having been sent again", () => {
    const log = logOf(message("m1"), message("m2"), message("m3"));
    const refused = () => begun(log).invoke("ann.1", "m3").fail("ann.1", "m3");
    expect(violated(refused().take("ben.1", at(log, 4)).end(log))).toEqual(["I3"]);
    expect(violated(refused().ok("ann.1", "m3", 4).end(log))).toEqual(["I3"]);
    expect(violated(refused().end(log.slice(0, 3), ["ann.1", "ben.1"]))).toEqual([]);
    const again = refused()
      .invoke("ann.1", "m3")
      .take("ann.1", at(log, 4))
      .ok("ann.1", "m3", 4)
      .take("ben.1", at(log, 4));
    expect(check(again.end(log, ["ann.1", "ben.1"]).lines).verdict).toBe("valid");
  });

  it("I3: of what was sent on an earlier connection too the first copy may be stored behind the refusal", () => {
    const log = logOf(message("m1"), message("m2"), message("m3"));
    const refused = (again: boolean) => {
      const history = begun(log).invoke("ann.1", "m3");
      history.dev("ann.1", { ev: "close", connection: 1, code: 1006, side: "network" });
      history.connect("ann.1", 2, [[C, E1, 3]]);
      if (again) history.invoke("ann.1", "m3");
      return violated(history.fail("ann.1", "m3").take("ben.1", at(log, 4)).end(log));
    };
    expect(refused(false)).toEqual([]);
    expect(refused(true)).toEqual([]);
    const later = begun(log).dev("ann.1", { ev: "close", connection: 1, code: 1006, side: "network" });
    later
      .connect("ann.1", 2, [[C, E1, 3]])
      .invoke("ann.1", "m3")
      .fail("ann.1", "m3")
      .take("ben.1", at(log, 4));
    expect(violated(later.end(log))).toEqual(["I3"]);
  });

  it("I4: one key twice in a log, or with two answers, or refused after its answer", () => {
    const log = logOf(message("m1"), message("m2"), message("m2"));
    expect(violated(begun(log).end(log))).toEqual(["I4"]);
    expect(violated(chat((history) => history.ok("ann.1", "m1", 3)))).toContain("I4");
    expect(violated(chat((history) => history.ok("ann.1", "m1", 2)))).toEqual([]);
    expect(violated(chat((history) => history.fail("ann.1", "m1", "conflict")))).toEqual(["I4"]);
  });

  it("I4, I19: after a rewind the same key may stand elsewhere, in the new life", () => {
    const log = logOf(message("m1"), message("m2"));
    const next = inEpoch(logOf(message("m1"), message("b1", "ben"), message("m2")), E2);
    const history = begun(log).sim({ ev: "rewind", epochs: [[C, E1, E2, 2]] });
    history.invoke("ben.1", "b1");
    for (const dev of ["ann.1", "ben.1"]) history.begin(dev, 2, "epoch", E2).take(dev, at(next, 3), at(next, 4));
    history.ok("ben.1", "b1", 3, E2).ok("ann.1", "m2", 4, E2);
    expect(check(history.end(next, ["ann.1", "ben.1"]).lines)).toMatchObject({ verdict: "valid" });
  });

  it("I5: a log with a hole, or a seq twice", () => {
    const { lines } = chat();
    const hole = lines.filter((line) => line.ev !== "log" || line.seq !== 1);
    expect(check(hole).violations.map(({ id }) => id)).toContain("I5");
    const last = lines.findLast((line) => line.ev === "log");
    expect(check([...lines, ...(last ? [last] : [])]).violations.map(({ id }) => id)).toEqual(["I5"]);
  });

  it("I6: two see two events at one seq", () => {
    const other = (change: object) =>
      chat((history, log) => history.dev("ben.1", { ev: "deliver", by: "page", ...at(log, 3), ...change }));
    for (const change of [{ hash: "other" }, { from: "ben" }, { type: "edit" }, { cmid: "m9" }]) {
      expect(violated(other(change))).toEqual(["I6"]);
    }
    const { hash: _, ...bare } = at(logOf(message("m1"), message("m2")), 3);
    expect(violated(chat((history) => history.dev("ben.1", { ev: "deliver", by: "page", ...bare })))).toEqual([]);
  });

  it("I6: a body is gone from the log, and only a deletion may do that", () => {
    const withoutBody = (log: readonly SeenEvent[]) =>
      log.map(({ hash, ...rest }) => (rest.seq === 2 ? rest : { ...rest, ...(hash !== undefined && { hash }) }));
    const log = logOf(message("m1"), message("m2"));
    expect(violated(begun(log).end(withoutBody(log), ["ann.1", "ben.1"]))).toEqual(["I6"]);
    const deleted = logOf(message("m1"), message("m2"), { ...message("d1"), type: "delete" });
    const history = begun(deleted).invoke("ann.1", "d1").take("ann.1", at(deleted, 4)).ok("ann.1", "d1", 4);
    expect(violated(history.take("ben.1", at(deleted, 4)).end(withoutBody(deleted), ["ann.1", "ben.1"]))).toEqual([]);
  });
});
