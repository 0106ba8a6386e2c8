import type { HaveEntry } from "./cursor.ts";
import type { WireErrorCode } from "./error-code.ts";
import type { Body, ConversationKind, Durability, EventRow, Mentions, Mode, PageRow, Role, SendType } from "./event.ts";
import type { ConversationId, DeviceId, Epoch, MessageId, NodeId, RequestId, SessionId, UserId } from "./ids.ts";

// ---------------------------------------------------------------- client → gateway

/** The first frame. Illegal later (`invalid`); anything else first: closed with 4500. */
export interface HelloFrame {
  readonly t: "hello";
  readonly v: number;
  readonly token?: string | null;
  readonly device: DeviceId;
  /** Rises with every attempt of a device; the highest stays. */
  readonly k?: number;
  readonly agent?: string;
  readonly resume?: string;
  readonly have?: readonly HaveEntry[];
}

export interface HaveFrame {
  readonly t: "have";
  readonly have: readonly HaveEntry[];
}

export interface AuthFrame {
  readonly t: "auth";
  readonly token: string;
}

/** Counted frames 1…n have arrived. `d`: cursors that moved by other frames. */
export interface AckFrame {
  readonly t: "ack";
  readonly n: number;
  readonly d?: readonly (readonly [ConversationId, number])[];
}

/** `n`: counted frames received so far. */
export interface PingFrame {
  readonly t: "ping";
  readonly n: number;
}

export interface SendFrame {
  readonly t: "send";
  readonly id: MessageId;
  readonly c: ConversationId;
  readonly type: SendType;
  readonly body?: Body;
  readonly re?: number;
  readonly mentions?: Mentions;
  readonly slot?: string;
  readonly expect?: number;
}

/** Gives up a send that was refused with `retry`, so that those behind it may pass. No answer. */
export interface SkipFrame {
  readonly t: "skip";
  readonly id: MessageId;
}

export interface InboxRequestFrame {
  readonly t: "inbox";
  readonly id: RequestId;
  readonly cursor?: string | null;
  readonly limit?: number;
}

/** At most one of `after`, `before`, `around`; none: the newest. */
export interface FetchFrame {
  readonly t: "fetch";
  readonly id: RequestId;
  readonly c: ConversationId;
  readonly after?: number;
  readonly before?: number;
  readonly around?: number;
  readonly re?: number;
  readonly limit?: number;
}

/** With `users`: presence of users who share `c` with the caller. */
export interface SubscribeFrame {
  readonly t: "subscribe";
  readonly id: RequestId;
  readonly c: ConversationId;
  readonly users?: readonly UserId[];
}

export interface UnsubscribeFrame {
  readonly t: "unsubscribe";
  readonly id: RequestId;
  readonly c?: ConversationId;
  readonly users?: readonly UserId[];
}

export interface ReadFrame {
  readonly t: "read";
  readonly c: ConversationId;
  readonly seq: number;
}

export interface UnreadFrame {
  readonly t: "unread";
  readonly c: ConversationId;
  readonly on: boolean;
}

export interface TypingFrame {
  readonly t: "typing";
  readonly c: ConversationId;
}

export interface ActiveFrame {
  readonly t: "active";
  readonly state: "active" | "idle" | "invisible";
}

/** A clean goodbye; the gateway closes with 1000. */
export interface ByeFrame {
  readonly t: "bye";
}

export type ClientFrame =
  | HelloFrame
  | HaveFrame
  | AuthFrame
  | AckFrame
  | PingFrame
  | SendFrame
  | SkipFrame
  | InboxRequestFrame
  | FetchFrame
  | SubscribeFrame
  | UnsubscribeFrame
  | ReadFrame
  | UnreadFrame
  | TypingFrame
  | ActiveFrame
  | ByeFrame;

// ---------------------------------------------------------------- gateway → client

/** What the gateway told the client it holds to. Sizes in bytes, the rest in items. */
export interface WelcomeLimits {
  readonly frame: number;
  readonly body: number;
  readonly inflight: number;
  readonly have: number;
  readonly page: number;
  readonly subscriptions: number;
}

export interface WelcomeFrame {
  readonly t: "welcome";
  readonly v: number;
  readonly session: SessionId;
  readonly user: UserId;
  readonly node: NodeId;
  /** Whether the `resume` of `hello` held. */
  readonly resumed: boolean;
  readonly resume: string;
  readonly durability: Durability;
  /** When the credentials end, Unix ms; absent if they never do. */
  readonly expires?: number;
  /** ms. */
  readonly heartbeat: number;
  /** Upper bound of the first delay of a reconnect, ms. */
  readonly spread: number;
  /** Counted frames that may be on the wire without an `ack`. */
  readonly window: number;
  readonly limits: WelcomeLimits;
  readonly now: number;
  /** Polls and streams only. */
  readonly secret?: string;
}

export interface AuthedFrame {
  readonly t: "authed";
  readonly expires?: number;
}

/** The one counted frame. */
export interface EventFrame extends EventRow {
  readonly t: "event";
  readonly c: ConversationId;
  readonly epoch: Epoch;
}

/** The oldest counted frame once more; `n` is the number it was first written with. */
export interface AgainFrame {
  readonly t: "again";
  readonly n: number;
  readonly frame: EventFrame;
}

export interface PongFrame {
  readonly t: "pong";
  /** Counted frames written before this pong. */
  readonly n: number;
  readonly now: number;
  readonly resume: string;
  readonly spread?: number;
}

/** Conversations the client has to fetch from its cursors: what waited for it was given up. */
export interface LaggingFrame {
  readonly t: "lagging";
  readonly c: readonly ConversationId[];
}

/** The answer to `send`, after the event is durable; also the delivery of that seq to this session. */
export interface SentFrame {
  readonly t: "sent";
  readonly id: MessageId;
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly seq: number;
  readonly ord: number;
  readonly at: number;
  readonly dup?: true;
  /** What was stored, where that differs from what was sent. */
  readonly body?: Body;
}

export interface ErrorFrame {
  readonly t: "error";
  readonly id?: string;
  /** The `t` of a refused frame that had no valid `id`. */
  readonly re?: string;
  readonly c?: ConversationId;
  readonly code: WireErrorCode;
  readonly message: string;
  readonly reason?: string;
  /** Slot conflicts: the last event of the slot. */
  readonly last?: number;
  /** ms; present exactly when the same request may succeed later. */
  readonly retry?: number;
}

export interface InboxRow {
  readonly c: ConversationId;
  readonly kind: ConversationKind;
  readonly mode: Mode;
  readonly epoch: Epoch;
  readonly head: number;
  readonly ord: number;
  readonly delivered: number;
  readonly read: number;
  readonly unread: number;
  readonly mentions: number;
  readonly role: Role;
  readonly title: string | null;
  readonly meta: Body | null;
  readonly mute: boolean | number;
  readonly last: EventRow | null;
  readonly marked?: true;
  readonly open?: true;
  readonly slow?: number;
  readonly pinned?: readonly number[];
  /** What the conversation itself keeps of its log: ms, newest messages. */
  readonly retention?: { readonly age?: number; readonly messages?: number };
}

/** A conversation that was left or deleted since the cursor. */
export interface GoneRow {
  readonly c: ConversationId;
  readonly gone: true;
}

export interface InboxFrame {
  readonly t: "inbox";
  readonly id: RequestId;
  readonly conversations: readonly (InboxRow | GoneRow)[];
  readonly cursor: string;
  readonly more: boolean;
  /** The cursor was unknown or expired, and was taken as null. */
  readonly reset?: true;
}

/** One page of a log. Without `id`: the repair of a cursor given by `have`. */
export interface EventsFrame {
  readonly t: "events";
  readonly id?: RequestId;
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly head: number;
  /** First seq covered. */
  readonly from: number;
  /** Last seq covered; an empty page: `from` − 1. */
  readonly to: number;
  readonly events: readonly PageRow[];
  readonly more: boolean;
}

/** The cursor named another life of the log, or lies beyond its head: read anew. */
export interface ResetFrame {
  readonly t: "events";
  readonly id?: RequestId;
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly head: number;
  readonly events: readonly [];
  readonly reset: true;
}

/** The conversation is not, or no longer, the user's. */
export interface GoneFrame {
  readonly t: "events";
  readonly c: ConversationId;
  readonly gone: true;
}

export interface SubscribedFrame {
  readonly t: "subscribed";
  readonly id?: RequestId;
  readonly c: ConversationId;
  readonly mode: Mode;
  readonly epoch: Epoch;
  readonly head: number;
  readonly ord: number;
  readonly members: number;
  readonly online: number;
  /** User, delivered, read. */
  readonly watermarks: readonly (readonly [UserId, number, number])[];
}

export interface UnsubscribedFrame {
  readonly t: "unsubscribed";
  readonly id: RequestId;
}

export interface HeadsFrame {
  readonly t: "heads";
  /** Conversation, epoch, head, ord. */
  readonly heads: readonly (readonly [ConversationId, Epoch, number, number])[];
}

export interface ReceiptFrame {
  readonly t: "receipt";
  readonly c: ConversationId;
  readonly user: UserId;
  readonly delivered: number;
  readonly read: number;
}

export interface TallyFrame {
  readonly t: "tally";
  readonly c: ConversationId;
  /** Seq, delivered count, read count. */
  readonly tally: readonly (readonly [number, number, number])[];
  readonly online: number;
}

export interface PresenceRow {
  readonly user: UserId;
  readonly status: "online" | "away" | "offline";
  readonly seen?: number;
}

export interface PresenceFrame {
  readonly t: "presence";
  readonly id?: RequestId;
  readonly users: readonly PresenceRow[];
}

/** Either one user, or above the receipt limit how many. */
export interface TypingNoticeFrame {
  readonly t: "typing";
  readonly c: ConversationId;
  readonly user?: UserId;
  readonly count?: number;
}

export interface DrainFrame {
  readonly t: "drain";
  /** ms until 4001. */
  readonly within: number;
  /** ms after which to reconnect. */
  readonly delay: number;
}

/** Polls only, the last frame of an answer: where a WebSocket would be closed. */
export interface CloseFrame {
  readonly t: "close";
  readonly code: number;
}

/** Streams only, the first frame: what is acknowledged so far. */
export interface FromFrame {
  readonly t: "from";
  readonly n: number;
}

export type GatewayFrame =
  | WelcomeFrame
  | AuthedFrame
  | EventFrame
  | AgainFrame
  | PongFrame
  | LaggingFrame
  | SentFrame
  | ErrorFrame
  | InboxFrame
  | EventsFrame
  | ResetFrame
  | GoneFrame
  | SubscribedFrame
  | UnsubscribedFrame
  | HeadsFrame
  | ReceiptFrame
  | TallyFrame
  | PresenceFrame
  | TypingNoticeFrame
  | DrainFrame
  | CloseFrame
  | FromFrame;

export type Frame = ClientFrame | GatewayFrame;
