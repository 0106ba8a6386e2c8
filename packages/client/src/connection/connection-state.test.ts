import { describe, expect, it } from "vitest";
import { CONNECTION_TRANSITIONS, type ConnectionEvent, type ConnectionState } from "./connection-state.ts";

const rows = Object.entries(CONNECTION_TRANSITIONS).flatMap(([from, answers]) =>
  Object.entries(answers).map(([event, outcome]) => ({
    from: from as ConnectionState,
    event: event as ConnectionEvent,
    outcome,
  })),
);
const leading = (to: ConnectionState) => rows.filter(({ from, outcome }) => outcome?.to === to && from !== to);

describe("CONNECTION_TRANSITIONS", () => {
  it("answers every event in every state", () => {
    expect(rows.length).toBe(7 * 11);
  });

  it("reaches every state", () => {
    const reached = new Set(["idle"]);
    for (let before = 0; before !== reached.size; ) {
      before = reached.size;
      for (const { from, outcome } of rows) if (outcome !== null && reached.has(from)) reached.add(outcome.to);
    }
    expect([...reached].sort()).toEqual(Object.keys(CONNECTION_TRANSITIONS).sort());
  });

  it("does one thing on entering a state, wherever from", () => {
    expect(new Set(leading("connecting").map(({ outcome }) => outcome?.act))).toEqual(new Set(["open"]));
    expect(new Set(leading("waiting").map(({ outcome }) => outcome?.act))).toEqual(new Set(["wait"]));
    expect(new Set(leading("closed").map(({ outcome }) => outcome?.act))).toEqual(new Set(["stop"]));
    expect(new Set(leading("live").map(({ event, outcome }) => [event, outcome?.act].join()))).toEqual(
      new Set(["welcome,admit"]),
    );
  });

  it("ends on close from anywhere, and comes back from the end only by name", () => {
    for (const { from, event, outcome } of rows) {
      if (event === "close" && from !== "closed") expect(outcome?.to).toBe("closed");
      if (from === "closed" && outcome !== null) expect(event).toBe("revive");
    }
  });

  it("I24: never rests where nothing would wake it", () => {
    const waking: Record<ConnectionState, ConnectionEvent | null> = {
      idle: null,
      connecting: "lost",
      greeting: "lost",
      live: "lost",
      draining: "move",
      waiting: "due",
      closed: null,
    };
    for (const [state, event] of Object.entries(waking)) {
      if (event !== null) expect(CONNECTION_TRANSITIONS[state as ConnectionState][event]).not.toBe(null);
    }
  });
});
