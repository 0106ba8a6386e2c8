import type { Body, ChatError, ConversationId, Epoch, Mentions, MessageId, SendType, UserId } from "@earshot/protocol";

/**
 * `pending`: not yet answered, kept and sent again until it is. `sent`: durable, with a seq.
 * `delivered`, `read`: every other member has it. `failed`: refused for good; `error` says why.
 */
export type MessageStatus = "pending" | "sent" | "delivered" | "read" | "failed";

/** What every message has, whatever its body. */
export interface MessageFields {
  readonly kind: "message";
  /** Unique within the window and unchanged from `pending` to `sent`: fit for a list's key. */
  readonly key: string;
  readonly id: MessageId;
  readonly conversation: ConversationId;
  /** Its place in the log, the only order; null until it is sent. */
  readonly seq: number | null;
  /** The author; empty on an own message written before the first connection has told who we are. */
  readonly from: UserId;
  /** Unix ms: when the gateway took it, or while pending when it was written here. Never an order. */
  readonly at: number;
  /** The seq of the message this one replies to. */
  readonly re?: number;
  readonly mentions?: Mentions;
  /** The seq of the last edit, where there is one; 0 while an own edit is on its way. */
  readonly edited?: number;
  /** Own ones that are on their way are counted. In the order in which the keys came up. */
  readonly reactions: readonly Reaction[];
  /** Messages that reply to it. */
  readonly replies: number;
  readonly status: MessageStatus;
  /** Why it failed. */
  readonly error?: ChatError;
  /** Whether this user wrote it, on whatever device. */
  readonly own: boolean;
}

/** A message with a body of any kind. */
export interface AnyMessage extends MessageFields {
  readonly body: Body;
  /** Its body is gone (and here empty). */
  readonly deleted?: true;
}

/** One message as an application shows it. Frozen; a change makes a new object. `B`: its bodies, by the application's definition; a deleted one has none. */
export type Message<B extends Body = Body> = Body extends B
  ? AnyMessage
  : MessageFields &
      (
        | { readonly body: B; readonly deleted?: never }
        | { readonly body: { readonly [field: string]: undefined }; readonly deleted: true }
      );

/** How often a message got one reaction. */
export interface Reaction {
  readonly key: string;
  readonly count: number;
  /** Whether this user is among them. */
  readonly mine: boolean;
}

/** Something that happened to the conversation itself: created, renamed, members changed. Frozen. */
export interface Notice {
  readonly kind: "notice";
  readonly key: string;
  readonly conversation: ConversationId;
  readonly seq: number;
  /** Who did it. */
  readonly from: UserId;
  readonly at: number;
  readonly type: "meta" | "member";
  readonly body: Body;
}

export type WindowItem<B extends Body = Body> = Message<B> | Notice;

/** `Type`: of the event that is sent. */
export interface SendOptions<Type extends SendType = "message"> {
  /** `message` by default; `x-…` for events of the host's own, which no window shows. */
  readonly type?: Type;
  /** The seq of the message that is meant: replied to, or for an `x-…` event what it is about. */
  readonly re?: number;
  /** Users to name (at most 100), or `"all"`. */
  readonly mentions?: Mentions;
  /** Names a chain of events; with `expect`, the seq of its last one, the send fails with `conflict` where another came before. */
  readonly slot?: string;
  readonly expect?: number;
  /** The idempotency key, if the application has one already; a new ULID otherwise. */
  readonly id?: MessageId;
}

/** Options of a send of whatever type. */
export type AnySendOptions = SendOptions<SendType>;

/** What the gateway answered: the event is durable at this place of the log. */
export interface SentReceipt {
  readonly id: MessageId;
  readonly conversation: ConversationId;
  readonly epoch: Epoch;
  readonly seq: number;
  /** Messages in the log up to and with this one; 0 where the answer went to an earlier life of the page. */
  readonly ord: number;
  /** Unix ms, the gateway's clock. */
  readonly at: number;
}
