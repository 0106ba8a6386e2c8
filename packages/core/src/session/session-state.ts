import type { CLOSE } from "@earshot/protocol";

/** `opening`: no `hello` yet; `greeting`: it is being looked at; `closed`: the end. */
export type SessionState = "opening" | "greeting" | "live" | "draining" | "closed";

export type SessionEvent =
  /** A text frame came. */
  | "text"
  /** A binary frame came. */
  | "binary"
  /** `hello` was found good. */
  | "welcomed"
  /** No `hello` in time. */
  | "unspoken"
  /** No sign of life for two heartbeats. */
  | "silent"
  /** The credentials have ended. */
  | "expired"
  /** The client said `bye`. */
  | "bye"
  /** This gateway goes away, but serves on for a while. */
  | "drain"
  /** Somebody decided that it is over: the code comes with it. */
  | "end"
  /** The connection is gone. */
  | "lost";

export type SessionAct =
  | { readonly do: "nothing" }
  /** Take the text for a `hello`. */
  | { readonly do: "greet" }
  /** Keep the text until after the welcome. */
  | { readonly do: "keep" }
  /** Take the text for a frame. */
  | { readonly do: "take" }
  | { readonly do: "welcome" }
  | { readonly do: "close"; readonly with: keyof typeof CLOSE | "given" }
  /** Let go of everything; there is nobody to tell. */
  | { readonly do: "leave" };

interface Step {
  readonly to: SessionState;
  readonly act: SessionAct;
}

const stay = (to: SessionState): Step => ({ to, act: { do: "nothing" } });
const act = (to: SessionState, what: "greet" | "keep" | "take" | "welcome" | "leave"): Step => ({
  to,
  act: { do: what },
});
const close = (code: keyof typeof CLOSE | "given"): Step => ({ to: "closed", act: { do: "close", with: code } });

const TABLE: Readonly<Record<SessionState, Readonly<Record<SessionEvent, Step>>>> = {
  opening: {
    text: act("greeting", "greet"),
    binary: close("malformed"),
    welcomed: stay("opening"),
    unspoken: close("noHello"),
    silent: close("silent"),
    expired: stay("opening"),
    bye: close("normal"),
    drain: close("draining"),
    end: close("given"),
    lost: act("closed", "leave"),
  },
  greeting: {
    text: act("greeting", "keep"),
    binary: close("malformed"),
    welcomed: act("live", "welcome"),
    unspoken: stay("greeting"),
    silent: stay("greeting"),
    expired: stay("greeting"),
    bye: close("normal"),
    drain: close("draining"),
    end: close("given"),
    lost: act("closed", "leave"),
  },
  live: {
    text: act("live", "take"),
    binary: close("malformed"),
    welcomed: stay("live"),
    unspoken: stay("live"),
    silent: close("silent"),
    expired: close("expired"),
    bye: close("normal"),
    drain: stay("draining"),
    end: close("given"),
    lost: act("closed", "leave"),
  },
  draining: {
    text: act("draining", "take"),
    binary: close("malformed"),
    welcomed: stay("draining"),
    unspoken: stay("draining"),
    silent: close("silent"),
    expired: close("expired"),
    bye: close("normal"),
    drain: stay("draining"),
    end: close("given"),
    lost: act("closed", "leave"),
  },
  closed: {
    text: stay("closed"),
    binary: stay("closed"),
    welcomed: stay("closed"),
    unspoken: stay("closed"),
    silent: stay("closed"),
    expired: stay("closed"),
    bye: stay("closed"),
    drain: stay("closed"),
    end: stay("closed"),
    lost: stay("closed"),
  },
};

/** What a session does next. Total: every state answers every event. Pure. */
export function sessionStep(state: SessionState, event: SessionEvent): Step {
  return TABLE[state][event];
}
