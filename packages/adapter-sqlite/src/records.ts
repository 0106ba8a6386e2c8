import type { Mode } from "@earshot/protocol";

/** Rows of the file, as statements give them. */

export interface StoreRecord {
  readonly life: string;
  readonly change: number;
}

export interface HeadRecord {
  readonly conversation: number;
  readonly epoch: string;
  readonly first: number;
  readonly head: number;
  readonly ord: number;
  readonly members: number;
  readonly members_version: number;
  readonly slow: number;
  readonly mode: Mode;
  /** A direct conversation's two users, a space between. */
  readonly pair: string | null;
}

export interface MemberRecord {
  readonly rank: number | null;
  readonly delivered: number;
  readonly read: number;
  readonly read_ord: number;
  readonly last_at: number | null;
  readonly marked: number;
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
  readonly deleted: number;
}

/** An event with how it stands now; all null where nothing was done to it. */
export interface PresentRecord extends EventRecord {
  readonly edited: number | null;
  readonly replies: number | null;
  readonly keys: number | null;
}

/** What another entry acts on. */
export interface TargetRecord {
  readonly type: string;
  readonly sender: string;
  readonly deleted: number;
}

export interface KeyRecord {
  /** '': any content's. */
  readonly hash: string;
  readonly seq: number;
  readonly ord: number;
  readonly at: number;
  readonly rewritten: number;
}

export interface ConversationRecord {
  readonly id: string;
  readonly creator: string;
  readonly removed: number;
}

export interface SettingsRecord {
  readonly epoch: string;
  readonly kind: string;
  readonly mode: Mode;
  readonly title: string | null;
  readonly meta: string | null;
  readonly open: number;
  readonly slow: number;
  readonly pinned: string;
  readonly retention: string | null;
  readonly settings_version: number;
  readonly members: number;
  readonly members_version: number;
}

/** Which seqs somebody may have. */
export interface SpansRecord {
  /** Seq of the first event that is kept. */
  readonly first: number;
  readonly whole_history: number;
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
  readonly open: number;
  readonly slow: number;
  readonly pinned: string;
  readonly retention: string | null;
  readonly read_ord: number;
  readonly mute: string | null;
  readonly marked: number;
}

export interface ChangedRecord {
  readonly conversation: number;
  readonly rank: number | null;
  readonly change: number;
}

/** What one transaction appended to one conversation. */
export interface StretchRecord {
  readonly change: number;
  readonly conversation: number;
  readonly id: string;
  /** Both 0: the conversation was removed. */
  readonly first: number;
  readonly last: number;
  /** null: the conversation was removed since. */
  readonly epoch: string | null;
}

/** The last stretch of a conversation, with where that stands now; `last` 0: it was removed, and the rest is null. */
export interface LastStretchRecord {
  readonly change: number;
  readonly last: number;
  readonly id: string;
  readonly mode: Mode;
  readonly epoch: string | null;
  readonly head: number | null;
  readonly ord: number | null;
  readonly members_version: number | null;
}

/** A member's watermarks. */
export interface MarksRecord {
  readonly delivered: number;
  readonly read: number;
}

export interface MembershipRecord extends SpansRecord {
  readonly id: string;
}
