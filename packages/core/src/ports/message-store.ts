import type {
  Body,
  ConversationId,
  ConversationKind,
  Durability,
  Epoch,
  EventRow,
  EventType,
  GoneRow,
  InboxRow,
  Mentions,
  MessageId,
  Mode,
  Role,
  UserId,
} from "@earshot/protocol";

/** One entry to be numbered and written, with everything that must hold at that very moment. */
export interface Append {
  readonly conversation: ConversationId;
  /** The author: becomes `from`. */
  readonly user: UserId;
  /** Unix ms, becomes `at`. Orders nothing. */
  readonly at: number;
  readonly type: EventType;
  readonly body?: Body;
  readonly re?: number;
  readonly mentions?: Mentions;
  /** The sender's idempotency key, and a keyed hash of what the client sent under it. Absent in events of the gateway. */
  readonly key?: AppendKey;
  /**
   * true: append nothing; answer `duplicate` or `conflict` if the key is stored, else refuse with
   * `absent`. Rights are not looked at.
   */
  readonly lookup?: true;
  /** Roles that may append this. Another role: `forbidden`; no member: `not_found`. */
  readonly by: readonly Role[];
  /**
   * Members that change with this entry: a new role, or null for who leaves. Users that leave without
   * being members are no error. Only valid together with `ifMembersVersion`.
   */
  readonly members?: readonly MemberChange[];
  /** Refuse with `stale` unless the conversation's `membersVersion` is this one. */
  readonly ifMembersVersion?: number;
}

export interface AppendKey {
  readonly id: MessageId;
  readonly hash: string;
}

export type MemberChange = readonly [user: UserId, role: Role | null];

export type AppendResult =
  | {
      readonly kind: "event";
      readonly epoch: Epoch;
      readonly row: EventRow;
      /** Rises by 1 with every entry that changes members, and stays where `members` change nobody. A member list older than this must not be used to deliver it. */
      readonly membersVersion: number;
    }
  | {
      readonly kind: "duplicate";
      readonly epoch: Epoch;
      readonly seq: number;
      readonly ord: number;
      readonly at: number;
    }
  | {
      readonly kind: "refused";
      readonly code: "not_found" | "forbidden" | "conflict" | "absent" | "stale" | "no_target";
    };

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
  /** With the creator, each user once. */
  readonly members: readonly (readonly [UserId, Role])[];
  /** The bodies of the first events: one `meta` (seq 1), then a `member` for each further 1,000 members. */
  readonly first: readonly { readonly type: "meta" | "member"; readonly body: Body }[];
}

export type Created =
  | { readonly kind: "created"; readonly rows: readonly EventRow[]; readonly membersVersion: number }
  /** `direct` of the same two users, or an `id` that this creator has already made. */
  | { readonly kind: "existing"; readonly id: ConversationId }
  /** The `id` is another's. */
  | { readonly kind: "conflict" };

export interface RangeQuery {
  readonly conversation: ConversationId;
  /** Rows above this seq. */
  readonly after: number;
  /** Rows below this seq; absent: to the head. */
  readonly before?: number;
  /** Which end of (after, before) the page starts from. Rows come oldest first either way. */
  readonly from: "oldest" | "newest";
  /** Rows at most. */
  readonly rows: number;
  /** The page ends before the row whose JSON text would pass this; the first row always comes. */
  readonly bytes: number;
}

export interface EventPage {
  readonly epoch: Epoch;
  readonly head: number;
  readonly ord: number;
  /** Oldest first, without a hole. */
  readonly rows: readonly EventRow[];
}

/** Seqs that a member may have: from `from` up to `to`, or to the head while they are a member (null). */
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
  readonly membersVersion: number;
  readonly cursor: string;
  readonly more: boolean;
}

export interface InboxPage {
  readonly rows: readonly (InboxRow | GoneRow)[];
  readonly cursor: string;
  readonly more: boolean;
  /** The cursor was unknown or expired, and was taken as null. */
  readonly reset: boolean;
}

/**
 * Where conversations live: the one authority over order, membership and idempotency.
 *
 * Every method rejects with a `ChatError`: `closed` before `open` and after `close`, `unavailable`
 * when the storage cannot answer just now. A rejected `append` or `create` has an unknown result:
 * it may have happened, and calling again with the same keys tells (I4). What was resolved is
 * stored at the level of `durability`, and stays (I1). Any number of engines may use one store.
 */
export interface MessageStore {
  /** What survives once `append` has resolved, read from the storage's real settings in `open`. Meaningless before. */
  readonly durability: Durability;

  /** Opens, creates or migrates the storage. Rejects on a newer schema, a held lock, damaged or unwritable files, saying which in one sentence. A second call is refused with `conflict`; after a refusal it may be called again. */
  open(): Promise<void>;
  /** Waits for what is in hand, then lets go of everything. A second call does nothing. */
  close(): Promise<void>;
  /** Resolves if the storage can answer now. */
  ping(): Promise<void>;

  /**
   * Numbers and persists entries, atomically each: key, member's role, epoch, seq, content and member
   * rows change together or not at all (I1, I4, I17). Results stand in the order of the batch; entries
   * of one conversation get seqs in that order (I11). seq rises by exactly 1 from 1 (I5); no reader
   * ever sees k + 1 without k. `ord` rises with entries of type `message` only. An entry with
   * a key is a send: its sender's own `read` and `delivered` rise to the new seq.
   *
   * Checks, first to last: key stored with the same hash → `duplicate`; with another → `conflict`;
   * `lookup` → `absent`; conversation unknown or user no member → `not_found`; role not in `by` →
   * `forbidden`; `ifMembersVersion` differs → `stale`; `re` is the seq of no `message` → `no_target`. Keys have no time window and outlive content
   * and membership. A refused entry leaves no trace and does not fail its neighbours. Two entries
   * with one key in one batch: the second is a duplicate of the first.
   */
  append(batch: readonly Append[]): Promise<readonly AppendResult[]>;

  /** Creates a conversation with its first events and members in one atomic step. A repeat answers `existing`. */
  create(conversation: NewConversation): Promise<Created>;

  /** Rows and head from one snapshot; null if there is no such conversation. */
  range(query: RangeQuery): Promise<EventPage | null>;

  /** What each user may do in each conversation now, in the order asked; null where they are no member. Heads are never older than an `append` that has resolved. */
  access(
    pairs: readonly { readonly user: UserId; readonly conversation: ConversationId }[],
  ): Promise<readonly (Access | null)[]>;

  /** One page of members; `cursor` null starts. Pages with one `membersVersion` are of one snapshot; null if there is no such conversation. Rejects with `invalid` for a cursor it never gave. */
  members(conversation: ConversationId, cursor: string | null, limit: number): Promise<MemberPage | null>;

  /**
   * The user's conversations as rows of present state. From null: newest first; from an earlier
   * cursor: what changed since, also for this user alone, in any order, `gone` for what was lost.
   * A row may come twice, none is skipped, in whatever order transactions commit.
   */
  inbox(user: UserId, cursor: string | null, limit: number): Promise<InboxPage>;

  /** One row of that inbox; null where the user is no member. */
  row(user: UserId, conversation: ConversationId): Promise<InboxRow | null>;

  /** The value kept under `name`; the first caller's `make()` is stored, once and for all nodes. */
  setting(name: string, make: () => string): Promise<string>;
}
