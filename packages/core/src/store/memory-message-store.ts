import { ChatError, type ConversationId, type InboxRow, type NodeId, type Role, type UserId } from "@earshot/protocol";
import type { Append, AppendResult } from "../ports/append.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConversationSettings, Created, NewConversation, Retention } from "../ports/conversation-settings.ts";
import type { Expired, Membership, MessageStore, Removed, Revocations } from "../ports/message-store.ts";
import type { Access, ChangePage, EventPage, FeedPage, InboxPage, MemberPage, RangeQuery } from "../ports/pages.ts";
import type { Raise, Raised, ReceiptPage, TallyRow } from "../ports/watermarks.ts";
import { memberPage, receiptPage } from "./member-pages.ts";
import { MemoryBlocks } from "./memory-blocks.ts";
import { MemoryConversations } from "./memory-conversations.ts";
import { MemoryFeed } from "./memory-feed.ts";
import { inboxPage } from "./memory-inbox.ts";
import { MemoryLeases } from "./memory-leases.ts";
import { MemoryRevocations } from "./memory-revocations.ts";

/** What leases and revocations run out by. */
type StoreTime = Pick<Clock, "monotonic">;

const STANDING_STILL: StoreTime = { monotonic: () => 0 };

/** As the entry's `memoryStore`, but that without a clock no time passes: nothing runs out. */
export function memoryStore({ clock = STANDING_STILL }: { readonly clock?: StoreTime } = {}): MessageStore {
  return new MemoryMessageStore(clock);
}

class MemoryMessageStore implements MessageStore {
  readonly durability = "memory";
  readonly #time: StoreTime;
  #state: "new" | "open" | "closed" = "new";
  readonly #feed: MemoryFeed = new MemoryFeed((id, seq) => {
    const conversation = this.#conversations.get(id);
    const row = conversation?.row(seq);
    return conversation && row ? { conversation: id, epoch: conversation.created.epoch, row } : null;
  });
  /** Number of the last change anywhere in the store. */
  #change = 0;
  readonly #conversations: MemoryConversations = new MemoryConversations(() => {
    this.#change += 1;
    return this.#change;
  }, this.#feed);
  readonly #blocks = new MemoryBlocks();
  readonly #settings = new Map<string, string>();
  readonly #positions = new Map<string, string>();
  readonly #leases = new MemoryLeases();
  readonly #revocations = new MemoryRevocations();
  /** Names this life of the store in its cursors: the first epoch, which is never used twice. */
  #life = "";

  constructor(time: StoreTime) {
    this.#time = time;
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open store; it was opened before");
    this.#state = "open";
  }

  async close(): Promise<void> {
    this.#state = "closed";
    const held = [this.#conversations, this.#feed, this.#blocks, this.#settings, this.#positions, this.#leases];
    for (const each of [...held, this.#revocations]) each.clear();
  }

  async ping(): Promise<void> {
    this.#requireOpen();
  }

  async append(batch: readonly Append[]): Promise<readonly AppendResult[]> {
    this.#requireOpen();
    return batch.map((entry) => this.#appendOne(entry));
  }

  async create(conversation: NewConversation): Promise<Created> {
    this.#requireOpen();
    const created = this.#conversations.create(conversation);
    if (created.kind === "created" && this.#life === "") this.#life = conversation.epoch;
    return created;
  }

  async range(query: RangeQuery): Promise<EventPage | null> {
    this.#requireOpen();
    return this.#conversations.get(query.conversation)?.range(query) ?? null;
  }

  async settings(conversation: ConversationId): Promise<ConversationSettings | null> {
    this.#requireOpen();
    return this.#conversations.get(conversation)?.settings() ?? null;
  }

  async access(
    pairs: readonly { readonly user: UserId; readonly conversation: ConversationId }[],
  ): Promise<readonly (Access | null)[]> {
    this.#requireOpen();
    return pairs.map(({ user, conversation }) => this.#conversations.get(conversation)?.access(user) ?? null);
  }

  async members(conversation: ConversationId, cursor: string | null, limit: number): Promise<MemberPage | null> {
    this.#requireOpen();
    const known = this.#conversations.get(conversation);
    if (known === undefined) return null;
    const { members, created } = known;
    const asOf = { epoch: created.epoch, membersVersion: members.version };
    return memberPage(members.byRole(), asOf, cursor, limit);
  }

  async inbox(user: UserId, cursor: string | null, limit: number): Promise<InboxPage> {
    this.#requireOpen();
    const entries = this.#conversations.of(user);
    return inboxPage({ user, entries, newest: this.#change, life: this.#life, cursor, limit });
  }

  async row(user: UserId, conversation: ConversationId): Promise<InboxRow | null> {
    this.#requireOpen();
    return this.#conversations.get(conversation)?.inboxRow(user) ?? null;
  }

  async raise(raises: readonly Raise[]): Promise<readonly (Raised | null)[]> {
    this.#requireOpen();
    return raises.map((each) => this.#conversations.get(each.conversation)?.raise(each) ?? null);
  }

  async tally(conversation: ConversationId, limit: number): Promise<readonly TallyRow[] | null> {
    this.#requireOpen();
    return this.#conversations.get(conversation)?.tally(limit) ?? null;
  }

  async receipts(
    conversation: ConversationId,
    seq: number,
    cursor: string | null,
    limit: number,
  ): Promise<ReceiptPage | null> {
    this.#requireOpen();
    const members = this.#conversations.get(conversation)?.members;
    return members === undefined ? null : receiptPage(members.byUser(), seq, cursor, limit);
  }

  async put(
    user: UserId,
    conversation: ConversationId,
    state: { readonly mute?: boolean | number; readonly marked?: boolean },
  ): Promise<boolean> {
    this.#requireOpen();
    return this.#conversations.get(conversation)?.put(user, state) ?? false;
  }

  async ban(conversation: ConversationId, user: UserId, banned: boolean): Promise<boolean> {
    this.#requireOpen();
    return this.#conversations.get(conversation)?.ban(user, banned) ?? false;
  }

  async block(user: UserId, other: UserId, blocked: boolean): Promise<void> {
    this.#requireOpen();
    this.#blocks.set(user, other, blocked);
  }

  async blocked(user: UserId, others: readonly UserId[]): Promise<readonly boolean[]> {
    this.#requireOpen();
    return others.map((other) => this.#blocks.between(user, other));
  }

  async remove(conversation: ConversationId, user: UserId | null, by: readonly Role[]): Promise<Removed> {
    this.#requireOpen();
    return this.#conversations.remove(conversation, user, by);
  }

  async feed(after: string | null, rows: number, bytes: number): Promise<FeedPage> {
    this.#requireOpen();
    return this.#feed.page({ after, rows, bytes, life: this.#life });
  }

  async feedEnd(): Promise<string> {
    this.#requireOpen();
    return this.#feed.end(this.#life);
  }

  async changes(after: string, limit: number): Promise<ChangePage> {
    this.#requireOpen();
    const standingOf = (id: ConversationId) => this.#conversations.get(id);
    return this.#feed.changes({ after, limit, life: this.#life, standingOf });
  }

  async lease(name: string, node: NodeId, ttlMs: number): Promise<boolean> {
    this.#requireOpen();
    return this.#leases.claim(name, node, ttlMs, this.#time.monotonic());
  }

  async position(name: string, move?: { readonly from: string | null; readonly to: string }): Promise<string | null> {
    this.#requireOpen();
    const kept = this.#positions.get(name) ?? null;
    if (move === undefined || move.from !== kept) return kept;
    this.#positions.set(name, move.to);
    return move.to;
  }

  async revoke(user: UserId, keepMs: number): Promise<number> {
    this.#requireOpen();
    return this.#revocations.revoke(user, keepMs, this.#time.monotonic());
  }

  async revocations(after: number, limit: number): Promise<Revocations> {
    this.#requireOpen();
    return this.#revocations.above(after, limit, this.#time.monotonic());
  }

  async conversations(
    after: ConversationId | null,
    limit: number,
  ): Promise<readonly { readonly conversation: ConversationId; readonly retention: Retention | null }[]> {
    this.#requireOpen();
    return this.#conversations
      .after(after, limit)
      .map((each) => ({ conversation: each.id, retention: each.settings().retention }));
  }

  async expire(
    conversation: ConversationId,
    rule: { readonly before?: number; readonly messages?: number },
    rows: number,
  ): Promise<Expired | null> {
    this.#requireOpen();
    const expired = this.#conversations.get(conversation)?.expire(rule, rows);
    if (expired === undefined) return null;
    const { gone, ...told } = expired;
    this.#feed.forget(gone);
    return told;
  }

  async memberships(user: UserId, after: ConversationId | null, limit: number): Promise<readonly Membership[]> {
    this.#requireOpen();
    return this.#conversations.memberships(user, after, limit);
  }

  async erase(user: UserId, conversation: ConversationId | null): Promise<void> {
    this.#requireOpen();
    if (conversation === null) this.#blocks.forget(user);
    else this.#conversations.get(conversation)?.erase(user);
  }

  async setting(name: string, make: () => string): Promise<string> {
    this.#requireOpen();
    const kept = this.#settings.get(name);
    if (kept !== undefined) return kept;
    const made = make();
    this.#settings.set(name, made);
    return made;
  }

  #appendOne(entry: Append): AppendResult {
    const conversation = this.#conversations.get(entry.conversation);
    const repeated = conversation?.answerOf(entry) ?? null;
    if (repeated !== null) return repeated;
    if (entry.lookup) return { kind: "refused", code: "absent" };
    if (conversation === undefined) return { kind: "refused", code: "not_found" };
    const { pair } = conversation;
    const result = conversation.append(entry, pair !== null && this.#blocks.between(...pair));
    if (result.kind !== "event") return result;
    this.#feed.add(entry.conversation, result.row.seq);
    this.#conversations.remember(entry.user, conversation);
    for (const [user, role] of entry.members ?? []) if (role !== null) this.#conversations.remember(user, conversation);
    return result;
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw new ChatError("closed", "unable to use store; it is not open");
  }
}
