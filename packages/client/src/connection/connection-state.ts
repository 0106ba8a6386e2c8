/** Where the client stands with its gateway. */
export type ConnectionState =
  /** Nothing has needed a connection yet. */
  | "idle"
  /** A token is being asked for, or a transport opened. */
  | "connecting"
  /** `hello` is out. */
  | "greeting"
  /** Welcomed. */
  | "live"
  /** Lost; the next attempt has a time. */
  | "waiting"
  /** Still served, but told to go. */
  | "draining"
  /** Closed by the application, or stopped by a verdict. */
  | "closed";

export type ConnectionEvent =
  /** Something needs a connection. */
  | "want"
  /** The transport is open. */
  | "open"
  | "welcome"
  | "drain"
  /** The drain's moment has come, and nothing is awaited any more. */
  | "move"
  /** It ended; come back. */
  | "lost"
  /** It ended; do not come back. */
  | "refused"
  /** The wait is over. */
  | "due"
  /** The network came back, or the machine woke. */
  | "hurry"
  /** The application asks by name, also after a stop. */
  | "revive"
  | "close";

/** What the shell does beside moving to the new state. */
export type ConnectionAction =
  /** Begin an attempt, giving up the one before. */
  | "open"
  /** Send `hello`. */
  | "greet"
  /** Take what `welcome` says, and let the others work. */
  | "admit"
  /** Set the timers of the drain. */
  | "prepare"
  /** Ping: is it still there? */
  | "check"
  /** Bring the next attempt forward. */
  | "hasten"
  /** If this attempt fails, which began without the network, the next one comes soon. */
  | "remember"
  /** Set the time of the next attempt. */
  | "wait"
  /** Let everything go. */
  | "stop";

export interface Outcome {
  readonly to: ConnectionState;
  readonly act: ConnectionAction;
}

const go = (to: ConnectionState, act: ConnectionAction): Outcome => ({ to, act });
/** Nothing happens: it comes late, or asks for what is already so. */
const stay = null;

/**
 * The whole machine: every event is answered in every state, so a new state or event does not
 * compile before each pair is decided.
 */
export const CONNECTION_TRANSITIONS: Readonly<
  Record<ConnectionState, Readonly<Record<ConnectionEvent, Outcome | null>>>
> = {
  idle: {
    want: go("connecting", "open"),
    open: stay,
    welcome: stay,
    drain: stay,
    move: stay,
    lost: stay,
    refused: stay,
    due: stay,
    hurry: stay,
    revive: go("connecting", "open"),
    close: go("closed", "stop"),
  },
  connecting: {
    want: stay,
    open: go("greeting", "greet"),
    welcome: stay,
    drain: stay,
    move: stay,
    lost: go("waiting", "wait"),
    refused: go("closed", "stop"),
    due: stay,
    hurry: go("connecting", "remember"),
    revive: stay,
    close: go("closed", "stop"),
  },
  greeting: {
    want: stay,
    open: stay,
    welcome: go("live", "admit"),
    drain: stay,
    move: stay,
    lost: go("waiting", "wait"),
    refused: go("closed", "stop"),
    due: stay,
    hurry: go("greeting", "remember"),
    revive: stay,
    close: go("closed", "stop"),
  },
  live: {
    want: stay,
    open: stay,
    // of a session that took the place of the one there was
    welcome: go("live", "admit"),
    drain: go("draining", "prepare"),
    move: stay,
    lost: go("waiting", "wait"),
    refused: go("closed", "stop"),
    due: stay,
    hurry: go("live", "check"),
    revive: stay,
    close: go("closed", "stop"),
  },
  draining: {
    want: stay,
    open: stay,
    welcome: go("live", "admit"),
    drain: stay,
    move: go("connecting", "open"),
    lost: go("waiting", "wait"),
    refused: go("closed", "stop"),
    due: stay,
    hurry: go("draining", "check"),
    revive: stay,
    close: go("closed", "stop"),
  },
  waiting: {
    want: stay,
    open: stay,
    welcome: stay,
    drain: stay,
    move: stay,
    lost: stay,
    refused: go("closed", "stop"),
    due: go("connecting", "open"),
    hurry: go("waiting", "hasten"),
    revive: go("connecting", "open"),
    close: go("closed", "stop"),
  },
  closed: {
    want: stay,
    open: stay,
    welcome: stay,
    drain: stay,
    move: stay,
    lost: stay,
    refused: stay,
    due: stay,
    hurry: stay,
    revive: go("connecting", "open"),
    close: stay,
  },
};

/** Whether frames may be sent to the gateway and are expected from it. */
export function isServed(state: ConnectionState): boolean {
  return state === "live" || state === "draining";
}
