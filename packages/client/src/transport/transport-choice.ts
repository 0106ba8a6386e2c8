import type { TransportKind } from "../ports/transport.ts";

/** Time until WebSockets are tried again beside a session that works, in ms: at first, and at most; doubled each time that they do not get through. */
const RETURN_FIRST_MS = 300_000;
const RETURN_MAX_MS = 3_600_000;
/** Attempts in a row that come to nothing; then WebSockets have their turn again. */
const FAILURES_MAX = 3;

/** What is known of the ways, where WebSockets do not get through. */
export interface Choice {
  /** What the next attempt travels by. `websocket`: this is over; should they be blocked again it begins anew. */
  readonly by: TransportKind;
  /** How long to wait until WebSockets are tried again, in ms, before it is jittered; null: never. */
  readonly returnMs: number | null;
  /** Attempts in a row that came to nothing. */
  readonly failures: number;
}

export type ChoiceEvent =
  /** An attempt was welcomed. */
  | "welcomed"
  /** A stream was opened, and nothing came by it. */
  | "silent"
  /** An attempt has ended without a `welcome`, for another reason. */
  | "failed"
  /** A WebSocket was tried beside the session, and did not get through. */
  | "blocked"
  /** It did. */
  | "through";

/** How it begins where WebSockets are blocked, or not wanted (pure). */
export function firstChoice(kinds: readonly TransportKind[]): Choice {
  return {
    by: (["sse", "poll"] as const).find((kind) => kinds.includes(kind)) ?? "websocket",
    returnMs: kinds.includes("websocket") ? RETURN_FIRST_MS : null,
    failures: 0,
  };
}

/** The choice after something was learnt (pure). */
export function nextChoice(kinds: readonly TransportKind[], choice: Choice, event: ChoiceEvent): Choice {
  const { returnMs, failures } = choice;
  const back: Choice = returnMs === null ? firstChoice(kinds) : { ...choice, by: "websocket" };
  switch (event) {
    case "welcomed":
      return { ...choice, failures: 0 };
    case "silent":
      return kinds.includes("poll") ? { ...choice, by: "poll" } : back;
    case "failed":
      return failures + 1 < FAILURES_MAX ? { ...choice, failures: failures + 1 } : back;
    case "blocked":
      return { ...choice, returnMs: returnMs === null ? null : Math.min(RETURN_MAX_MS, returnMs * 2) };
    case "through":
      return back;
  }
}
