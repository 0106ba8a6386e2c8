import type { Mode } from "@earshot/protocol";

/** Rows of the tables, as statements give them. */

export interface HeadRecord {
  readonly conversation: number;
  readonly id: string;
  readonly epoch: string;
  readonly first: number;
  readonly head: number;
  readonly ord: number;
  readonly last_message: number;
  readonly members: number;
  readonly members_version: number;
  readonly slow: number;
  readonly mode: Mode;
  /** A direct conversation's two users, a space between. */
  readonly pair: string | null;
  readonly change: number;
}

/** Of a head that was locked: what the transaction's changes are numbered by. */
export interface LockedRecord extends HeadRecord {
  readonly now: number;
}

export interface EventRecord {
  readonly seq: number;
  readonly ord: number;
  readonly type: string;
  readonly id: string | null;
  readonly sender: string;
  readonly at: number;
  readonly body: string | null;
  readonly re: number | null;
  readonly mentions: string | null;
  readonly slot: string | null;
  readonly deleted: boolean;
}

/** An event with how it stands now. */
export interface PresentRecord extends EventRecord {
  /** Seq and body of the last edit; null: none. */
  readonly edited: number | null;
  readonly edited_body: string | null;
  /** JSON: `[[key, count, mine], …]`; null: none. */
  readonly reactions: string | null;
  readonly replies: number | null;
}

/** Which seqs somebody may have. */
export interface SpansRecord {
  /** Seq of the first event that is kept. */
  readonly first: number;
  readonly whole_history: boolean;
  /** null: no member any longer. */
  readonly rank: number | null;
  readonly since: number;
  readonly past: string;
}

/** A member's rights in a conversation. */
export interface AccessRecord extends SpansRecord {
  readonly conversation: number;
  readonly kind: string;
  readonly mode: Mode;
  readonly epoch: string;
  readonly head: number;
  readonly ord: number;
  readonly last_message: number;
  readonly members: number;
  readonly members_version: number;
  readonly rank: number;
  readonly delivered: number;
  readonly read: number;
}

/** A member's view of a conversation. */
export interface ViewRecord extends AccessRecord {
  readonly id: string;
  readonly title: string | null;
  readonly meta: string | null;
  readonly open: boolean;
  readonly slow: number;
  readonly pinned: string;
  readonly retention: string | null;
  readonly read_ord: number;
  readonly mute: string | null;
  readonly marked: boolean;
  /** Unread messages that name them. */
  readonly mentions: number;
}
