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
  /** Of a `member` event, and of the `meta` that creates: users and their roles after it, null: removed. */
  readonly members?: readonly (readonly [UserId, Role | null])[];
}

/** A device's application. `dev` names it over its lives; the line's `p` names one life. */
type DeviceLine =
  | ({ readonly ev: "invoke"; readonly op: "send" } & SentContent)
  | ({ readonly ev: "ok"; readonly epoch: Epoch; readonly seq: number } & Omit<SentContent, "hash">)
  /** A definite refusal: no `retry`. */
  | ({ readonly ev: "fail"; readonly code: string } & Omit<SentContent, "hash">)
  /** It may or may not happen: the device ended before the answer came. */
  | ({ readonly ev: "info" } & Omit<SentContent, "hash">)
  /** An event reached the device: as an `event`, in a page, or as the `sent` of one of its own. */
  | ({ readonly ev: "deliver"; readonly by: "event" | "again" | "page" | "sent" } & SeenEvent)
  /** An event was handed to the application. */
  | ({ readonly ev: "apply" } & SeenEvent)
  /** What came before is void, or was skipped with the application's knowledge: the next `apply` may be any above `seq`. `why`: another epoch, a jump to the newest, the first look, a lost cursor, or seqs the user cannot have. */
  | {
      readonly ev: "reset";
      readonly conv: ConversationId;
      readonly epoch: Epoch;
      readonly seq: number;
      readonly why: "epoch" | "jump" | "begin" | "lost" | "void";
    }
  | { readonly ev: "gone"; readonly conv: ConversationId }
  /** The cursors that the device presented (`hello`, `have`). */
  | { readonly ev: "have"; readonly cursors: readonly (readonly [ConversationId, Epoch, number])[] }
  /** A head that the gateway told of: a page, `subscribed`, `heads`, an inbox row. */
  | { readonly ev: "head"; readonly conv: ConversationId; readonly epoch: Epoch; readonly head: number }
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

/** A gateway's process. `p`: `n1#2` is gateway n1 in its second life. */
type GatewayLine =
  | { readonly ev: "start" | "stop" | "crash" | "draining" }
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
  /** All is quiet, or the time for it has passed. */
  | { readonly ev: "quiesced"; readonly quiet: boolean }
  /** The store lost what came after a moment, and all logs live on under these epochs. */
  | { readonly ev: "rewind"; readonly epochs: readonly (readonly [ConversationId, Epoch, Epoch])[] }
  /** A change of members that somebody asked for over a gateway; `ok`: it is done. */
  | {
      readonly ev: "change";
      readonly conv: ConversationId;
      readonly members: readonly (readonly [UserId, Role | null])[];
      readonly outcome: "asked" | "ok" | "fail" | "info";
    }
  /** Whether a user has a connection that lives, as the controller knows: what presence has to say in the end. */
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
  /** A device's window in the end: seqs it shows, in order, as of its cursor. */
  | {
      readonly ev: "shown";
      readonly dev: string;
      readonly conv: ConversationId;
      readonly epoch: Epoch;
      readonly cursor: number;
      readonly seqs: readonly number[];
      readonly status: "loading" | "live" | "catching-up";
    }
  /** Something that has to be back where it was: timers, sessions, topics. */
  | { readonly ev: "left"; readonly name: string; readonly value: number; readonly baseline: number };

/**
 * One line of a run's history, as it is written to a JSONL file. `t`: the controller's monotonic ms. `p`: the
 * process it happened in. `dev` and `user`: whose device, where it is one's.
 */
export type HistoryLine =
  | ({ readonly t: number; readonly p: string; readonly dev: string; readonly user: UserId } & DeviceLine)
  | ({ readonly t: number; readonly p: string } & GatewayLine)
  | ({ readonly t: number; readonly p: "sim" } & ControllerLine);
