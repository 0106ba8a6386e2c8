/** Rows of the file, as statements give them. */

export interface StoreRecord {
  readonly life: string;
  readonly change: number;
}

export interface HeadRecord {
  readonly conversation: number;
  readonly epoch: string;
  readonly head: number;
  readonly ord: number;
  readonly members: number;
  readonly members_version: number;
  readonly slow: number;
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
  readonly hash: string;
  readonly seq: number;
  readonly ord: number;
  readonly at: number;
}

export interface ConversationRecord {
  readonly id: string;
  readonly creator: string;
  readonly removed: number;
}

export interface SettingsRecord {
  readonly kind: string;
  readonly mode: string;
  readonly title: string | null;
  readonly meta: string | null;
  readonly open: number;
  readonly slow: number;
  readonly pinned: string;
  readonly settings_version: number;
  readonly members_version: number;
}

/** A member's rights in a conversation. */
export interface AccessRecord {
  readonly conversation: number;
  readonly kind: string;
  readonly mode: string;
  readonly epoch: string;
  readonly head: number;
  readonly ord: number;
  readonly members: number;
  readonly members_version: number;
  readonly whole_history: number;
  readonly rank: number;
  readonly since: number;
  readonly past: string;
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
  readonly read_ord: number;
  readonly mute: string | null;
  readonly marked: number;
}

export interface ChangedRecord {
  readonly conversation: number;
  readonly rank: number | null;
  readonly change: number;
}
