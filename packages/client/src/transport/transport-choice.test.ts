import { describe, expect, it } from "vitest";
import type { TransportKind } from "../ports/transport.ts";
import { type Choice, type ChoiceEvent, firstChoice, nextChoice } from "./transport-choice.ts";

const ALL: readonly TransportKind[] = ["websocket", "sse", "poll"];
const after = (kinds: readonly TransportKind[], ...events: readonly ChoiceEvent[]): Choice =>
  events.reduce((choice, event) => nextChoice(kinds, choice, event), firstChoice(kinds));
const by = (kinds: readonly TransportKind[], ...events: readonly ChoiceEvent[]): TransportKind =>
  after(kinds, ...events).by;

describe("nextChoice", () => {
  it("streams first, polls where nothing comes by streams", () => {
    expect(by(ALL)).toBe("sse");
    expect(by(ALL, "silent")).toBe("poll");
    expect(by(ALL, "silent", "welcomed", "failed")).toBe("poll");
    expect(by(["websocket", "poll"])).toBe("poll");
  });

  it("gives WebSockets their turn after three failures in a row", () => {
    expect(by(ALL, "failed", "failed")).toBe("sse");
    expect(by(ALL, "failed", "failed", "failed")).toBe("websocket");
    expect(by(ALL, "failed", "failed", "welcomed", "failed", "failed")).toBe("sse");
    expect(by(ALL, "through")).toBe("websocket");
    expect(by(["websocket", "sse"], "silent")).toBe("websocket");
  });

  it("goes on with what it may use where WebSockets are none of it", () => {
    const failures: ChoiceEvent[] = ["failed", "failed", "failed", "failed"];
    expect(by(["poll"], ...failures)).toBe("poll");
    expect(by(["sse"], "silent", ...failures)).toBe("sse");
    expect(by(["sse", "poll"], "silent")).toBe("poll");
    expect(by(["sse", "poll"], "silent", "failed", "failed", "failed")).toBe("sse");
    expect([after(["poll"]).returnMs, after(["poll"], "blocked").returnMs]).toEqual([null, null]);
  });

  it("waits for 5 min, and twice as long after each trial that was in vain, up to 1 h", () => {
    const waits = [0, 1, 2, 3, 4, 9].map(
      (count) => (after(ALL, ...Array<ChoiceEvent>(count).fill("blocked")).returnMs ?? 0) / 60_000,
    );
    expect(waits).toEqual([5, 10, 20, 40, 60, 60]);
  });
});
