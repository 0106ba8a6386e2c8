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
  NodeId,
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
  /** What must hold of the message that `re` names, beyond being one. Only valid together with `re`. */
  readonly target?: TargetRule;
  readonly mentions?: Mentions;
  /** Names a chain of events within the conversation; kept with the event. */
  readonly slot?: string;
  /** Refuse with `slot` unless this is the seq of the last event of `slot`, 0 where there is none. Only valid together with `slot`. */
  readonly expect?: number;
  /** What a `react` changes: the author's own reaction under this key. */
  readonly reaction?: ReactionChange;
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
  /**
   * true: the host itself writes. The author need not be a member, and neither their role (`by`), nor blocks,
   * `target.authorOr`, bans of who writes, and slow mode are looked at. Never together with `join`.
   */
  readonly system?: true;
  /** true: the author need not be a member if the conversation is open, and is not asked for a role; `members` makes them one. */
  readonly join?: true;
  /** Users that are banned with this entry, or not any longer. They come after `members`. */
  readonly bans?: readonly (readonly [user: UserId, banned: boolean])[];
  /** What changes of the conversation itself. Only valid together with `ifSettingsVersion`. */
  readonly settings?: Partial<Settings>;
  /** Refuse with `stale` unless the conversation's `settingsVersion` is this one. */
  readonly ifSettingsVersion?: number;
}

export interface TargetRule {
  /** Its author may, and members of these roles; another: `forbidden`. Absent: everyone in `by`. */
  readonly authorOr?: readonly Role[];
  /** true: refuse with `deleted` if it was deleted. */
  readonly live?: true;
}

export interface ReactionChange {
  readonly key: string;
  readonly on: boolean;
}

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

export interface AppendKey {
  readonly id: MessageId;
  /** Of what the client sent, not of what a hook made of it. */
  readonly hash: string;
  /** true: what is stored differs from what was sent. Kept with the key, and told to who repeats it. */
  readonly rewritten?: true;
}

export type MemberChange = readonly [user: UserId, role: Role | null];

export type AppendResult =
  | {
      readonly kind: "event";
      readonly epoch: Epoch;
      readonly row: EventRow;
      /** How events travel from this one on: what it changes itself included. */
      readonly mode: Mode;
      /** From 1; rises by 1 with every entry that changes members, and stays where `members` change nobody. A member list older than this must not be used to deliver it. */
      readonly membersVersion: number;
    }
  | {
      readonly kind: "duplicate";
      readonly epoch: Epoch;
      readonly seq: number;
      readonly ord: number;
      readonly at: number;
      /** What is stored differs from what was sent: as the key had it. */
      readonly rewritten?: true;
    }
  | { readonly kind: "refused"; readonly code: RefusalCode }
  /** `last`: the seq of the slot's last event, 0 where there is none. */
  | { readonly kind: "refused"; readonly code: "slot"; readonly last: number }
  | { readonly kind: "refused"; readonly code: "too_soon"; readonly retryAfterMs: number };

export type RefusalCode =
  | "not_found"
  | "forbidden"
  | "conflict"
  | "absent"
  | "stale"
  | "banned"
  | "blocked"
  | "no_target"
  | "deleted"
  | "too_many";

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

export interface Raise {
  readonly user: UserId;
  readonly conversation: ConversationId;
  /** The life of the log that the seqs are of: in another one nothing changes. Absent: not known, the present one. */
  readonly epoch?: Epoch;
  /** Seqs; absent: as it is. Also clears the unread mark if `read` is there, even if nothing rises. */
  readonly delivered?: number;
  readonly read?: number;
}

export interface Raised {
  /** In which life of the log. */
  readonly epoch: Epoch;
  readonly delivered: number;
  readonly read: number;
  /** Whether one of the two is higher than before. */
  readonly rose: boolean;
  /** Members of the conversation: whether others are told one by one. */
  readonly members: number;
}

/** A member's watermarks. They begin at the seq of the entry that made them a member, at creation at 1, also when they come back. */
export type Watermarks = readonly [user: UserId, delivered: number, read: number];

export interface ReceiptPage {
  /** Members whose watermark is at `seq` or above. */
  readonly delivered: number;
  readonly read: number;
  /** Every member, by user id. */
  readonly users: readonly Watermarks[];
  readonly cursor: string;
  readonly more: boolean;
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

/** How many members have a message. */
export type TallyRow = readonly [seq: number, delivered: number, read: number];

export interface Revocations {
  /** Users and the marks of their latest revocation, ascending by mark. */
  readonly revoked: readonly (readonly [user: UserId, mark: number])[];
  /** Every revocation up to it was read; more may have come since. */
  readonly mark: number;
  readonly more: boolean;
}

/** What a user has, or once had, of a conversation. */
export interface Membership {
  readonly conversation: ConversationId;
  /** null: no member any longer. */
  readonly role: Role | null;
  /**
   * What they may have; of who is no member any longer, what they could have when they left: with
   * `wholeHistory` everything up to there. Maybe nothing, once all of it has expired.
   */
  readonly spans: readonly Span[];
}

/** How far the beginning of a log has gone. */
export interface Expired {
  /** The first seq that is kept: what is below it nobody can have. */
  readonly from: number;
  /** More is left to take away. */
  readonly more: boolean;
}

export type Removed =
  /** Who were the members. */
  | { readonly kind: "removed"; readonly members: readonly UserId[] }
  | { readonly kind: "refused"; readonly code: "not_found" | "forbidden" };

/** What is to be appended once the host's transaction has committed; its time is that of its numbering. */
export type DraftAppend = Omit<Append, "at"> & { readonly key: AppendKey };

/** Why a draft was not appended, for good. */
export type DraftRefusal = Extract<AppendResult, { readonly kind: "refused" }>;

/** A draft as the store has it. */
export interface KeptDraft {
  /** The store's own name for it. */
  readonly mark: string;
  readonly entry: DraftAppend;
}

/** A draft that was refused, and is kept until the host was told. */
export interface KeptRefusal extends KeptDraft {
  readonly refusal: DraftRefusal;
}

/**
 * Messages that the host has stored in transactions of its own, until they are numbered: what a `MessageStore` has as
 * `drafts` whose storage can be the host's too. A draft is there when its transaction commits, never when that is
 * rolled back. Whoever finds it appends it under its key, as often as need be, and settles it: the key makes
 * it one event (I4), whoever else does so at the same time, and however late.
 *
 * Every method rejects as those of `MessageStore` do: `closed` before `open` and after `close`, `unavailable` when the
 * storage cannot answer just now.
 */
export interface DraftStore {
  /**
   * Stores a draft by the host's own transaction, in one statement; resolves with its mark. Nothing of it is
   * there before that transaction commits, also not for this store, and nothing if it does not. A second one
   * of the same key is a draft of its own, with a mark of its own. After a rejection the transaction has to be rolled
   * back. Rejects with `invalid` for what is no transaction of this storage.
   */
  put(tx: unknown, entry: DraftAppend): Promise<string>;

  /**
   * Committed drafts that are neither settled nor refused, those of one transaction in the order in which they were
   * stored, at most `limit` above a mark (null: from the first). One that commits later may stand below a mark that was
   * passed: begin from null again.
   */
  waiting(after: string | null, limit: number): Promise<readonly KeptDraft[]>;

  /**
   * Forgets those that are `done`, and keeps those that are `refused` until they are; refused ones that were kept for `keepMs`, by the
   * store's own time, go too. One step; what is gone already is no error, and a refusal stays the first one.
   */
  settle(
    done: readonly string[],
    refused: readonly (readonly [mark: string, refusal: DraftRefusal])[],
    keepMs: number,
  ): Promise<void>;

  /** Takes refused drafts into hand, oldest first: nobody else is given one within `againMs`, by the store's own time, and everybody after it. */
  refused(limit: number, againMs: number): Promise<readonly KeptRefusal[]>;

  /** How a draft stands; null: it is not committed, or was settled. */
  find(mark: string): Promise<"waiting" | DraftRefusal | null>;

  /** Told that drafts may have been committed: a hint, which may be missing. Returns its undo; tells nothing after `close`. */
  onCommit(listener: () => void): () => void;
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

  /** Where the host may store messages in transactions of its own; absent where it cannot. */
  readonly drafts?: DraftStore;

  /** Opens, creates or migrates the storage. Rejects on a newer schema, a held lock, damaged or unwritable files, saying which in one sentence: a newer schema and damage with `invalid`, a held lock with `conflict`. A second call, or one after `close`, is refused with `conflict`; after a refusal it may be called again. */
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
   * `lookup` → `absent`; conversation unknown or removed → `not_found`; user no member, and not `system` →
   * `not_found`, with `join`: banned → `banned`, not open → `not_found`; role not in `by` → `forbidden`; a `direct` of which
   * one has blocked the other, and the entry has a key → `blocked`; `ifMembersVersion` or
   * `ifSettingsVersion` differs → `stale`; `members` adds somebody who is banned → `banned`; `re` is the
   * seq of no `message` → `no_target`; `target.authorOr` → `forbidden`; `target.live` → `deleted`; `expect`
   * → `slot`; `reaction` would give its message more than `LIMITS.reactionKeysMax` keys → `too_many`; the
   * author is a `member`, the type `message`, and their last message here less than `slow` ms before `at`
   * → `too_soon`, with the wait, at most `slow`. Keys have no time window and outlive content and
   * membership. A refused entry leaves no trace and does not fail its neighbours. Two entries with one key
   * in one batch: the second is a duplicate of the first.
   *
   * What else changes with an entry: `edit` gives its target a new present body; `delete` takes `body` and
   * `mentions` of its target and of the target's edits away, wherever they are read, with its reactions;
   * `reaction` sets or takes back the author's own under that key, which keeps its place until nobody has it.
   * Of what is deleted already an `edit` comes empty from the start, and a `reaction` changes nothing. What is
   * written does not grow with the number of members, `mentions: "all"` included.
   */
  append(batch: readonly Append[]): Promise<readonly AppendResult[]>;

  /** Creates a conversation with its first events and members in one atomic step. A repeat answers `existing`. */
  create(conversation: NewConversation): Promise<Created>;

  /** Rows, rights and head from one snapshot; null if there is no such conversation, or it is not the reader's. */
  range(query: RangeQuery): Promise<EventPage | null>;

  /** What the conversation's `meta` events have made of it; null if there is no such conversation. */
  settings(conversation: ConversationId): Promise<ConversationSettings | null>;

  /** What each user may do in each conversation now, in the order asked; null where they are no member. Heads are never older than an `append` that has resolved. */
  access(
    pairs: readonly { readonly user: UserId; readonly conversation: ConversationId }[],
  ): Promise<readonly (Access | null)[]>;

  /** One page of members; `cursor` null starts. Pages with one `epoch` and `membersVersion` are of one snapshot; null if there is no such conversation. Rejects with `invalid` for a cursor it never gave. */
  members(conversation: ConversationId, cursor: string | null, limit: number): Promise<MemberPage | null>;

  /**
   * The user's conversations as rows of present state. From null: what changed last first; from an earlier
   * cursor: what changed since, also for this user alone, in any order, `gone` for what was lost.
   * A row may come twice, none is skipped, in whatever order transactions commit.
   */
  inbox(user: UserId, cursor: string | null, limit: number): Promise<InboxPage>;

  /**
   * One row of that inbox; null where the user is no member. `unread`: messages above `read`. `mentions`:
   * those of them that name the user, or all, are not deleted and not their own. `last`: the newest message
   * that the user may have, as the `present` view gives it. `mute`, `marked` as `put` left them; absent or
   * false at first.
   */
  row(user: UserId, conversation: ConversationId): Promise<InboxRow | null>;

  /**
   * Raises watermarks, each atomically: they never fall, are clamped to the head, and `delivered` is never
   * below `read` (I14). Seqs of another life of the log raise nothing (I19). In the order given; null where the user is no member. A row of the user's inbox
   * changes with `read` and with the mark, not with `delivered`.
   */
  raise(raises: readonly Raise[]): Promise<readonly (Raised | null)[]>;

  /**
   * For each of the newest messages, at most `limit` and oldest first: how many of the members, apart from its
   * author, have `delivered` and `read` at it or above. Deleted messages are among them, expired ones are not.
   * One snapshot, in one walk over the members. null: no such conversation.
   */
  tally(conversation: ConversationId, limit: number): Promise<readonly TallyRow[] | null>;

  /** Members' watermarks and how many are at `seq` or above, one page by user id; null if there is no such conversation. Rejects with `invalid` for a cursor it never gave. */
  receipts(
    conversation: ConversationId,
    seq: number,
    cursor: string | null,
    limit: number,
  ): Promise<ReceiptPage | null>;

  /** A member's private state: `mute` for ever, not, or until Unix ms; the unread mark. Only what is given changes. false: the user is no member. */
  put(
    user: UserId,
    conversation: ConversationId,
    state: { readonly mute?: boolean | number; readonly marked?: boolean },
  ): Promise<boolean>;

  /** Bans a user who is no member, or lifts a ban; a member is banned by an entry's `bans`. false: they are a member, or there is no such conversation, and nothing has changed. */
  ban(conversation: ConversationId, user: UserId, banned: boolean): Promise<boolean>;

  /** Whether `user` wants nothing of `other`. From when it resolves, entries of either in their `direct` are refused. */
  block(user: UserId, other: UserId, blocked: boolean): Promise<void>;

  /** For each of `others`, whether one of the two has blocked the other. */
  blocked(user: UserId, others: readonly UserId[]): Promise<readonly boolean[]>;

  /**
   * Removes a conversation with everything in it, if `user` is a member whose role is in `by`, or null: the host
   * itself. For its members it is `gone` from then on; its id is never used again (`create`: `conflict`).
   */
  remove(conversation: ConversationId, user: UserId | null, by: readonly Role[]): Promise<Removed>;

  /**
   * Every event of the store above a mark (null: from the first), and, where it happened, that a
   * conversation was removed. In the order of commits: of one conversation by seq, none skipped in whatever
   * order transactions commit; an item may come twice. Events that `expire` took away, and those of a removed
   * conversation, are not in it any more; what a `delete` or `erase` emptied comes empty, and no second
   * time. Ends before the item whose JSON text (of the whole item) would pass `bytes`; the first always
   * comes. Rejects with `invalid` for a mark it never gave.
   */
  feed(after: string | null, rows: number, bytes: number): Promise<FeedPage>;

  /** The feed's end: of what is written after this was called nothing lies below it. What `feed` and `changes` take as `after`. */
  feedEnd(): Promise<string>;

  /**
   * Every conversation with an event above a mark of the feed or of an earlier page, or that was removed since,
   * as it stands now: at least once, at most `limit` in a page, none skipped in whatever order transactions
   * commit. Its head is no older than the event that brought it here (I12); one that changes while its pages are
   * read comes again. Changes of members, settings and mode are events; what `raise`, `put`, `ban`, `block`,
   * `erase` and `expire` do is none. Costs what has changed since the mark, not what there is; a page may be empty
   * although there is more. Rejects with `invalid` for a mark it never gave, as after it was put back to an
   * earlier moment.
   */
  changes(after: string, limit: number): Promise<ChangePage>;

  /**
   * Claims `name` for `node` until `ttlMs` from now, by the store's own time, if nobody else holds it; its
   * holder renews it so, also for a shorter time. `ttlMs` 0 gives it up, if it is the node's. Resolves with
   * whether the node holds it now. Liveness only: a holder that was paused may believe in it longer.
   */
  lease(name: string, node: NodeId, ttlMs: number): Promise<boolean>;

  /** The text kept under `name`, null at first. With `move`, it becomes `move.to` if it is still `move.from`; resolves with what it is then. */
  position(name: string, move?: { readonly from: string | null; readonly to: string }): Promise<string | null>;

  /**
   * What was signed for the user before holds no longer. Resolves with the revocation's mark, from 1, higher
   * than every earlier one of the store. Kept for `keepMs` at least, by the store's own time, and never for
   * less than an earlier one of the user would be.
   */
  revoke(user: UserId, keepMs: number): Promise<number>;

  /** Revocations above a mark (0: all that are kept), of which none is skipped in whatever order they commit. */
  revocations(after: number, limit: number): Promise<Revocations>;

  /** Every conversation, by the characters of its id, above `after` (null: from the first), with its own `retention`. */
  conversations(
    after: ConversationId | null,
    limit: number,
  ): Promise<readonly { readonly conversation: ConversationId; readonly retention: Retention | null }[]>;

  /**
   * Takes the log's beginning away, for good: the longest beginning of events that are all older than
   * `before` (Unix ms, against `at`), and what came before the newest `messages` (from 1) messages, where
   * there were more than these; of both, whatever either takes. At most `rows` events in one call, and never
   * the head. null: no such conversation.
   *
   * No span begins below `from` any more, for nobody. What is gone is no message (`no_target`), counts in no
   * `mentions` and is no `last`; what is kept is as it was: replies and edits of what is gone too. Seqs,
   * `ord`, keys, membership, settings (`pinned` too), slots, watermarks and `unread` stay as they are; once
   * `read` rises to what is gone, all that is gone is read. It is no news: no inbox tells it from a cursor,
   * and none changes its order.
   */
  expire(
    conversation: ConversationId,
    rule: { readonly before?: number; readonly messages?: number },
    rows: number,
  ): Promise<Expired | null>;

  /**
   * Every conversation that still is and that the user is or was a member of, or has written in without being one
   * (`system`: then without a role and spans), by the characters of its id, above `after`.
   */
  memberships(user: UserId, after: ConversationId | null, limit: number): Promise<readonly Membership[]>;

  /**
   * Takes the user's content out of a conversation: what they wrote is then as after a `delete` of theirs
   * (messages with their edits and reactions; their `x-` and `react` events, and edits of others'
   * messages, which stand again as before, too come with `deleted: true` and without `body` and `mentions`),
   * their reactions are gone, and their keys take any content as the one
   * that was sent. No event tells, but inboxes do. Membership and private state, `member` and `meta` events,
   * `replies`, slots and bans stay. Nothing happens where there is no such conversation, or nothing of
   * theirs. With null: what is kept of them apart from conversations, blocks in both directions and
   * `drafts`, but not revocations. A repeat changes nothing, and what they write afterwards is as ever.
   */
  erase(user: UserId, conversation: ConversationId | null): Promise<void>;

  /** The value kept under `name`; the first caller's `make()` is stored, once and for all nodes. */
  setting(name: string, make: () => string): Promise<string>;
}
