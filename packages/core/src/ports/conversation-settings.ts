import type { Body, ConversationId, ConversationKind, Epoch, EventRow, Mode, Role, UserId } from "@earshot/protocol";

/** What a conversation's `meta` events change. */
export interface Settings {
  /** How its events travel. */
  readonly mode: Mode;
  readonly title: string | null;
  readonly meta: Body | null;
  /** Whether anybody may join. */
  readonly open: boolean;
  /** ms between two messages of one `member`; 0: none. */
  readonly slow: number;
  /** Seqs, in the order pinned. */
  readonly pinned: readonly number[];
  /** How long events are kept, beside what the host keeps them at most; null: as the host says. */
  readonly retention: Retention | null;
}

/** What is kept of a log, in the wire's own words. Both given: what either lets go of is gone. */
export interface Retention {
  /** Events are let go of that are this old, in ms. */
  readonly age?: number;
  /** So many of the newest messages are kept, and what came after the oldest of them. */
  readonly messages?: number;
}

export interface ConversationSettings extends Settings {
  /** In which life of the log: versions of another one say nothing here. */
  readonly epoch: Epoch;
  readonly kind: ConversationKind;
  /** How many there are. */
  readonly members: number;
  /** From 1; rises by 1 with every entry that has `settings`. */
  readonly settingsVersion: number;
  readonly membersVersion: number;
}

export interface NewConversation {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  readonly mode: Mode;
  /** Made by the caller, never used before. */
  readonly epoch: Epoch;
  readonly creator: UserId;
  readonly at: number;
  readonly title: string | null;
  readonly meta: Body | null;
  readonly open: boolean;
  /** true: every member has the log from seq 1, whenever they join. */
  readonly wholeHistory: boolean;
  /** With the creator, unless that is the host itself, each user once. Maybe none. */
  readonly members: readonly (readonly [UserId, Role])[];
  /** The bodies of the first events: one `meta` (seq 1), then a `member` for each further 1,000 members. */
  readonly first: readonly { readonly type: "meta" | "member"; readonly body: Body }[];
}

export type Created =
  | { readonly kind: "created"; readonly rows: readonly EventRow[]; readonly membersVersion: number }
  /** `direct` of the same two users, or an `id` that this creator has already made. */
  | { readonly kind: "existing"; readonly id: ConversationId }
  /** The `id` is another's, or was one that is removed. */
  | { readonly kind: "conflict" };
