import type { ConversationId, Durability, InboxRow, NodeId, Role, UserId } from "@earshot/protocol";
import type { Append, AppendResult } from "./append.ts";
import type { ConversationSettings, Created, NewConversation, Retention } from "./conversation-settings.ts";
import type { DraftStore } from "./draft-store.ts";
import type { Access, ChangePage, EventPage, FeedPage, InboxPage, MemberPage, RangeQuery, Span } from "./pages.ts";
import type { Raise, Raised, ReceiptPage, TallyRow } from "./watermarks.ts";

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
