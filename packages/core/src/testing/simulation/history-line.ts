import type { ConversationId, Epoch, MessageId, Role, UserId } from "@earshot/protocol";

/** What a device sends under a key. `hash`: of type, `re` and body; each body is its own, so that it names the send. */
export interface SentContent {
  readonly conv: ConversationId;
  readonly cmid: MessageId;
  readonly hash: string;
}

/** One event of a log, as somebody saw it. `hash` is absent where the body was taken away. */
export interface SeenEvent {
  readonly conv: ConversationId;
  readonly epoch: Epoch;
  readonly seq: number;
  readonly type: string;
  readonly from: UserId;
  readonly cmid?: MessageId;
  readonly hash?: string;
  /** What a host's hook has put into the body; the rest of it is what `hash` names. */
  readonly stamp?: string;
  /** Of a `member` event, and of the `meta` that creates: users and their roles after it, null: removed. */
  readonly members?: readonly (readonly [UserId, Role | null])[];
  /** Of the `meta` that creates, in `log` lines: every member has the log from 1 (`history: "all"`). */
  readonly wholeHistory?: boolean;
}

/** A device's application. `dev` names it over its lives; the line's `p` names one life. */
type DeviceLine =
  | ({ readonly ev: "invoke"; readonly op: "send" } & SentContent)
  | ({ readonly ev: "ok"; readonly epoch: Epoch; readonly seq: number } & Omit<SentContent, "hash">)
  /** A definite refusal: no `retry`. */
  | ({ readonly ev: "fail"; readonly code: string } & Omit<SentContent, "hash">)
  /** It may or may not happen: the device ended before the answer came. */
  | ({ readonly ev: "info" } & Omit<SentContent, "hash">)
  /** An event reached the device: as an `event`, in a page that nobody asked for (`repair`) or that was asked for (`page`), or as the `sent` of one of its own. */
  | ({ readonly ev: "deliver"; readonly by: "event" | "again" | "repair" | "page" | "sent" } & SeenEvent)
  /** An event was handed to the application. */
  | ({ readonly ev: "apply" } & SeenEvent)
  /**
   * The cursor is `seq` of `epoch` now, by something else than an `apply`, and the next `apply` is `seq` + 1: a page in
   * present state held all up to there (`begin`: the first look in this life of the device, or after it let go of the
   * conversation; `jump`: over 1,000 behind; `epoch`: the log has begun another life), what was stored came back
   * (`stored`), what was stored is gone (`lost`), or the user cannot have the seqs up to there (`void`). Each life of
   * a device has one before its first `apply` in a conversation.
   */
  | {
      readonly ev: "reset";
      readonly conv: ConversationId;
      readonly epoch: Epoch;
      readonly seq: number;
      readonly why: "epoch" | "jump" | "begin" | "stored" | "lost" | "void";
    }
  | { readonly ev: "gone"; readonly conv: ConversationId }
  /** The cursors that the device presented (`hello`, `have`): those of `hello` between `conn` and `welcome`. */
  | { readonly ev: "have"; readonly cursors: readonly (readonly [ConversationId, Epoch, number])[] }
  /** A head that the gateway told of. `asked`: when the device asked for it; absent where it came unasked. */
  | {
      readonly ev: "head";
      readonly by: "page" | "subscribed" | "heads" | "inbox";
      readonly asked?: number;
      readonly conv: ConversationId;
      readonly epoch: Epoch;
      readonly head: number;
    }
  | {
      readonly ev: "receipt";
      readonly conv: ConversationId;
      readonly of: UserId;
      readonly delivered: number;
      readonly read: number;
    }
  /** The application has read up to here. */
  | { readonly ev: "read"; readonly conv: ConversationId; readonly seq: number }
  /** The application typed; somebody was seen typing. */
  | { readonly ev: "typing"; readonly conv: ConversationId }
  | { readonly ev: "typist"; readonly conv: ConversationId; readonly of: UserId }
  /** What the user wants others to see of this life of the device; at first it is `active`. */
  | { readonly ev: "activity"; readonly state: "active" | "idle" | "invisible" }
  | { readonly ev: "presence"; readonly of: UserId; readonly status: "online" | "away" | "offline" }
  /** A connection: opened to `node`; welcomed; ended with `code`, by `side`. */
  | { readonly ev: "conn"; readonly node: string; readonly connection: number }
  | { readonly ev: "welcome"; readonly node: string; readonly connection: number; readonly resumed: boolean }
  | {
      readonly ev: "close";
      readonly connection: number;
      readonly code: number;
      readonly side: "gateway" | "device" | "network";
    }
  | { readonly ev: "drain"; readonly connection: number; readonly within: number; readonly delay: number };

/** A process. `p`: `n1#2` is gateway n1 in its second life, as in `node` of `conn`; a device's lives are named alike. */
type ProcessLine =
  | { readonly ev: "start" | "stop" | "crash" }
  /** A gateway has refused a send of this device for good, whether or not that arrives. */
  | ({ readonly ev: "refused"; readonly dev: string; readonly user: UserId; readonly code: string } & Omit<
      SentContent,
      "hash"
    >)
  /** A gateway, over so many ms. */
  | { readonly ev: "draining"; readonly within: number }
  /** Sizes that have bounds, as they stand now, and their bounds: what is over is a violation of I15. */
  | {
      readonly ev: "gauge";
      readonly name: string;
      readonly value: number;
      readonly max: number;
    };

/** The controller, `p` is `sim`. */
type ControllerLine =
  /** A fault was injected: its id in docs/faults.md, and what it befell. */
  | { readonly ev: "nemesis"; readonly fault: string; readonly target: string }
  /** Faults have ended; from here on everything has to come right. */
  | { readonly ev: "heal" }
  /** All is quiet, or the time for it has passed, and this is what was not. */
  | { readonly ev: "quiesced"; readonly quiet: boolean; readonly why?: readonly string[] }
  /** The store lost what came after a moment, and all logs live on under other epochs: before, after, and the last seq that was kept. A conversation that is gone altogether: `""` and 0. */
  | {
      readonly ev: "rewind";
      readonly epochs: readonly (readonly [conv: ConversationId, from: Epoch, to: Epoch, head: number])[];
    }
  /** A change of members that somebody asked for over a gateway; `ok`: it is done. */
  | {
      readonly ev: "change";
      readonly conv: ConversationId;
      readonly members: readonly (readonly [UserId, Role | null])[];
      readonly outcome: "asked" | "ok" | "fail" | "info";
    }
  /** Whether a user has a session, as the controller knows it, when all there is to know has been told: presence has to say the same, but of devices that are invisible. */
  | { readonly ev: "alive"; readonly of: UserId; readonly on: boolean }
  /** One entry of the final log: as a fresh reader paged it by the public API, and as the store has it. */
  | ({ readonly ev: "log"; readonly as: "page" | "store" } & SeenEvent)
  /** The final members, and their watermarks. */
  | {
      readonly ev: "member";
      readonly conv: ConversationId;
      readonly of: UserId;
      readonly role: Role;
      readonly delivered: number;
      readonly read: number;
    }
  /** A device's window in the end: seqs it shows, in order, as of its cursor (`""` and 0: nothing was read); `error`: why it cannot be read. */
  | {
      readonly ev: "shown";
      readonly dev: string;
      readonly conv: ConversationId;
      readonly epoch: Epoch;
      readonly cursor: number;
      readonly seqs: readonly number[];
      readonly status: "loading" | "live" | "catching-up";
      readonly error?: string;
    }
  /** Something that has to be back where it was: timers, sessions, topics. */
  | { readonly ev: "left"; readonly name: string; readonly value: number; readonly baseline: number };

/**
 * One line of a run's history, as it is written to a JSONL file. `t`: the controller's monotonic ms. `p`: the
 * process it happened in. `dev` and `user`: whose device, where it is one's.
 */
export type HistoryLine =
  | ({ readonly t: number; readonly p: string; readonly dev: string; readonly user: UserId } & DeviceLine)
  | ({ readonly t: number; readonly p: string } & ProcessLine)
  | ({ readonly t: number; readonly p: "sim" } & ControllerLine);
