import type { MessageId, UserId } from "./ids.ts";

/** A message's content: any JSON object, the host's own. */
export type Body = Readonly<Record<string, unknown>>;

export type Role = "owner" | "admin" | "member" | "reader";
export type ConversationKind = "direct" | "group" | "channel";
/** `push`: events reach every connected member unasked. `pull`: only subscribers. */
export type Mode = "push" | "pull";
export type Durability = "memory" | "process" | "fsync" | "replicated";

/** What a client may send; `x-…` is the host's own: stored, ordered, not counted in `ord`. */
export type SendType = "message" | "edit" | "delete" | "react" | `x-${string}`;
/** What a log holds; `meta` and `member` are written by the gateway alone. */
export type EventType = SendType | "meta" | "member";

/** Users a message names; `"all"` is everyone in the conversation. */
export type Mentions = readonly UserId[] | "all";

/** One entry of a conversation's log, as a page carries it (its frame adds `t`, `c`, `epoch`). */
export interface EventRow {
  readonly seq: number;
  /** Messages in the log up to and with this entry. */
  readonly ord: number;
  readonly type: EventType;
  /** The sender's message id; absent in events of the gateway. */
  readonly id?: MessageId;
  /** The author; in events of the gateway, who made the call. */
  readonly from: UserId;
  /** When the gateway took it, Unix ms. Never an order. */
  readonly at: number;
  readonly body?: Body;
  readonly re?: number;
  readonly mentions?: Mentions;
  readonly slot?: string;
  /** A deleted message, or an edit of one: the body is gone. */
  readonly deleted?: true;
  /** Present state: the seq of the last edit. */
  readonly edited?: number;
  /** Present state: key, count, whether the reader is among them. */
  readonly reactions?: readonly (readonly [key: string, count: number, mine: boolean])[];
  /** Present state: number of replies. */
  readonly replies?: number;
}

/** Seqs that this user cannot have: past retention, before the join, between leaving and coming back. */
export interface VoidRow {
  readonly type: "void";
  readonly seq: number;
  readonly to: number;
}

export type PageRow = EventRow | VoidRow;

export function isVoidRow(row: PageRow): row is VoidRow {
  return row.type === "void";
}

/** Body of the `meta` event that a creation appends as seq 1; later ones hold only the keys that changed. */
export interface MetaBody extends Body {
  readonly kind?: ConversationKind;
  readonly title?: string | null;
  readonly meta?: Body | null;
  readonly mode?: Mode;
  readonly members?: readonly (readonly [UserId, Role])[];
}

/** Body of a `member` event: new role, or null for who has left. */
export interface MemberBody extends Body {
  readonly members: readonly (readonly [UserId, Role | null])[];
}
