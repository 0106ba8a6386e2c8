import type {
  ConversationId,
  ConversationKind,
  Epoch,
  EventRow,
  GoneRow,
  InboxRow,
  Mode,
  Role,
  UserId,
} from "@earshot/protocol";

export interface RangeQuery {
  readonly conversation: ConversationId;
  /** Reads what this user may have (`spans`), null if they are no member. Absent: the gateway itself, which may have all. */
  readonly reader?: UserId;
  /**
   * `log`: every event, as it happened, except that a deleted message and its edits come with
   * `deleted: true` and without `body` and `mentions`. `present`: `message`, `member` and `meta` alone,
   * messages as they stand, also by what the reader may not have: the body of the last edit and its seq as
   * `edited`, `reactions`, `replies` (each absent where there are none);
   * a deleted one has `deleted: true` and none of these but `replies`.
   */
  readonly view: "log" | "present";
  /** Rows above this seq; absent: from the first. */
  readonly after?: number;
  /** Rows below this seq; absent: to the head. */
  readonly before?: number;
  /**
   * Where in (after, before) the page starts: `oldest` upwards, `newest` downwards; a number, only in
   * `present`: at that seq, half of the rows below it, the rest from it upwards; what one side lacks the
   * other gets. Rows come oldest first either way.
   */
  readonly from: "oldest" | "newest" | number;
  /** Only messages that reply to this seq. */
  readonly re?: number;
  /** Rows at most. */
  readonly rows: number;
  /** The page ends before the row with which its rows' JSON texts would pass this, in bytes of UTF-8; the first row always comes. From a number it grows to both sides. */
  readonly bytes: number;
}

export interface EventPage {
  readonly epoch: Epoch;
  readonly head: number;
  readonly ord: number;
  /** Oldest first. In the `log` view without a hole, but for what the reader may not have and `re` leaves out. */
  readonly rows: readonly EventRow[];
  /** Rows of this query are left below the first row. Meaningless in a page from `oldest`. */
  readonly older: boolean;
  /** Rows of this query are left above the last row. Meaningless in a page from `newest`. */
  readonly newer: boolean;
  /** What the reader may have, from the same snapshot; for the gateway everything that is kept. */
  readonly spans: readonly Span[];
}

/**
 * Seqs that a member may have: from `from`, that of the entry that made them one (at creation, and with
 * `wholeHistory`: 1), up to `to`, that of the one that removed them, or to the head while they are one (null).
 * One for each time they were a member, also where two touch; with `wholeHistory` one in all.
 */
export type Span = readonly [from: number, to: number | null];

export interface Access {
  readonly role: Role;
  /** Ascending, disjoint. */
  readonly spans: readonly Span[];
  readonly kind: ConversationKind;
  readonly mode: Mode;
  readonly epoch: Epoch;
  readonly head: number;
  readonly ord: number;
  readonly delivered: number;
  readonly read: number;
  readonly members: number;
  readonly membersVersion: number;
}

export interface MemberPage {
  /** Owners first, then admins, members, readers; within a role by user id. */
  readonly members: readonly (readonly [UserId, Role])[];
  /** In which life of the log. */
  readonly epoch: Epoch;
  readonly membersVersion: number;
  readonly cursor: string;
  readonly more: boolean;
}

export interface InboxPage {
  readonly rows: readonly (InboxRow | GoneRow)[];
  readonly cursor: string;
  /** Rows are left; in the last page from null also, that something changed since its first: the cursor tells what. */
  readonly more: boolean;
  /** The cursor was unknown or expired, and was taken as null. */
  readonly reset: boolean;
}

/** One step of the store's history: an event as the `log` view gives it now, or that a conversation was removed. */
export type FeedItem =
  | { readonly conversation: ConversationId; readonly epoch: Epoch; readonly row: EventRow }
  | { readonly conversation: ConversationId; readonly gone: true };

export interface FeedPage {
  readonly items: readonly FeedItem[];
  /** Where this page ends: what `after` takes. */
  readonly mark: string;
  readonly more: boolean;
}

/** A conversation that has changed, as it stands now; or that it was removed. */
export type Change =
  | {
      readonly conversation: ConversationId;
      readonly epoch: Epoch;
      readonly head: number;
      readonly ord: number;
      readonly mode: Mode;
      readonly membersVersion: number;
    }
  | { readonly conversation: ConversationId; readonly gone: true };

export interface ChangePage {
  /** Each conversation once in a page. */
  readonly changes: readonly Change[];
  /** Where this page ends: what `after` takes. */
  readonly mark: string;
  readonly more: boolean;
}
