import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SessionEvent, type SessionState, sessionStep } from "./session-state.ts";

const STATES: readonly SessionState[] = ["opening", "greeting", "live", "draining", "closed"];
const EVENTS: readonly SessionEvent[] = [
  "text",
  "binary",
  "welcomed",
  "unspoken",
  "silent",
  "expired",
  "bye",
  "drain",
  "end",
  "lost",
];

/** Every transition, in one glance: next state, and what is done on the way. */
const TABLE: Record<SessionState, Record<SessionEvent, string>> = {
  opening: {
    text: "greeting greet",
    binary: "closed malformed",
    welcomed: "opening nothing",
    unspoken: "closed noHello",
    silent: "closed silent",
    expired: "opening nothing",
    bye: "closed normal",
    drain: "closed draining",
    end: "closed given",
    lost: "closed leave",
  },
  greeting: {
    text: "greeting keep",
    binary: "closed malformed",
    welcomed: "live welcome",
    unspoken: "greeting nothing",
    silent: "greeting nothing",
    expired: "greeting nothing",
    bye: "closed normal",
    drain: "closed draining",
    end: "closed given",
    lost: "closed leave",
  },
  live: {
    text: "live take",
    binary: "closed malformed",
    welcomed: "live nothing",
    unspoken: "live nothing",
    silent: "closed silent",
    expired: "closed expired",
    bye: "closed normal",
    drain: "draining nothing",
    end: "closed given",
    lost: "closed leave",
  },
  draining: {
    text: "draining take",
    binary: "closed malformed",
    welcomed: "draining nothing",
    unspoken: "draining nothing",
    silent: "closed silent",
    expired: "closed expired",
    bye: "closed normal",
    drain: "draining nothing",
    end: "closed given",
    lost: "closed leave",
  },
  closed: {
    text: "closed nothing",
    binary: "closed nothing",
    welcomed: "closed nothing",
    unspoken: "closed nothing",
    silent: "closed nothing",
    expired: "closed nothing",
    bye: "closed nothing",
    drain: "closed nothing",
    end: "closed nothing",
    lost: "closed nothing",
  },
};

function told({ to, act }: ReturnType<typeof sessionStep>): string {
  return `${to} ${act.do === "close" ? act.with : act.do}`;
}

describe("sessionStep", () => {
  it.each(STATES)("answers every event in state %s", (state) => {
    expect(Object.fromEntries(EVENTS.map((event) => [event, told(sessionStep(state, event))]))).toEqual(TABLE[state]);
  });

  it("takes no frame before the welcome, leaves once, and never comes back from closed", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 }), (events) => {
        let state: SessionState = "opening";
        let welcomed = false;
        let ended = 0;
        for (const event of events) {
          const { to, act } = sessionStep(state, event);
          if (act.do === "welcome") welcomed = true;
          if (act.do === "take") expect(welcomed).toBe(true);
          if (act.do === "close" || act.do === "leave") ended++;
          if (state === "closed") expect({ to, act }).toEqual({ to: "closed", act: { do: "nothing" } });
          state = to;
        }
        expect(ended).toBe(state === "closed" ? 1 : 0);
      }),
    );
  });
});
