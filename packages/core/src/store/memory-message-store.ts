import { ChatError, type ConversationId, type InboxRow, type Role, type UserId } from "@earshot/protocol";
import type {
  Access,
  Append,
  AppendResult,
  ConversationSettings,
  Created,
  EventPage,
  InboxPage,
  MemberPage,
  MessageStore,
  NewConversation,
  Raise,
  Raised,
  RangeQuery,
  ReceiptPage,
  Removed,
} from "../ports/message-store.ts";
import { directPair, pairKey } from "./direct-pair.ts";
import { memberPage, receiptPage } from "./member-pages.ts";
import { MemoryBlocks } from "./memory-blocks.ts";
import { MemoryConversation } from "./memory-conversation.ts";
import { type InboxEntry, inboxPage } from "./memory-inbox.ts";
import { RemovedConversation } from "./removed-conversation.ts";

/**
 * A store that lives in this process and ends with it: for tests, for trying things out, and for
 * chat that nobody needs tomorrow. It keeps everything it is given, without a bound.
 */
export function memoryStore(): MessageStore {
  return new MemoryMessageStore();
}

class MemoryMessageStore implements MessageStore {
  readonly durability = "memory";
  #state: "new" | "open" | "closed" = "new";
  readonly #conversations = new Map<ConversationId, MemoryConversation>();
  /** Ids that are used up. */
  readonly #removed = new Set<ConversationId>();
  /** What a user's inbox is made of: where they are or were a member. */
  readonly #ofUser = new Map<UserId, Set<InboxEntry>>();
  /** Direct conversations, by their two users. */
  readonly #ofPair = new Map<string, MemoryConversation>();
  readonly #blocks = new MemoryBlocks();
  readonly #settings = new Map<string, string>();
  /** Number of the last change anywhere in the store. */
  #change = 0;
  readonly #nextChange = (): number => {
    this.#change += 1;
    return this.#change;
  };
  /** Names this life of the store in its cursors: the first epoch, which is never used twice. */
  #life = "";

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open store; it was opened before");
    this.#state = "open";
  }

  async close(): Promise<void> {
    this.#state = "closed";
    for (const held of [this.#conversations, this.#removed, this.#ofUser, this.#ofPair, this.#blocks, this.#settings]) {
      held.clear();
    }
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
    const pair = directPair(conversation);
    const direct = pair === null ? undefined : this.#ofPair.get(pairKey(pair));
    if (direct !== undefined) return { kind: "existing", id: direct.id };
    const same = this.#conversations.get(conversation.id);
    if (same?.created.creator === conversation.creator) return { kind: "existing", id: conversation.id };
    if (same !== undefined || this.#removed.has(conversation.id)) return { kind: "conflict" };
    if (this.#life === "") this.#life = conversation.epoch;
    const made = new MemoryConversation(conversation, this.#nextChange);
    this.#conversations.set(conversation.id, made);
    if (pair !== null) this.#ofPair.set(pairKey(pair), made);
    for (const user of made.members.all.keys()) this.#remember(user, made);
    return { kind: "created", rows: made.rows(), membersVersion: made.members.version };
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
    const members = this.#conversations.get(conversation)?.members;
    return members === undefined ? null : memberPage(members.byRole(), members.version, cursor, limit);
  }

  async inbox(user: UserId, cursor: string | null, limit: number): Promise<InboxPage> {
    this.#requireOpen();
    const entries = this.#ofUser.get(user) ?? [];
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

  async remove(conversation: ConversationId, user: UserId, by: readonly Role[]): Promise<Removed> {
    this.#requireOpen();
    const found = this.#conversations.get(conversation);
    const role = found?.members.get(user)?.role;
    if (found === undefined || role === undefined) return { kind: "refused", code: "not_found" };
    if (!by.includes(role)) return { kind: "refused", code: "forbidden" };
    const members = found.members.byUser().map((member) => member.user);
    const removed = new RemovedConversation(found, this.#nextChange());
    for (const each of found.members.all.keys()) {
      this.#ofUser.get(each)?.delete(found);
      this.#remember(each, removed);
    }
    if (found.pair !== null) this.#ofPair.delete(pairKey(found.pair));
    this.#conversations.delete(conversation);
    this.#removed.add(conversation);
    return { kind: "removed", members };
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
    for (const [user, role] of entry.members ?? []) if (role !== null) this.#remember(user, conversation);
    return result;
  }

  #remember(user: UserId, entry: InboxEntry): void {
    const known = this.#ofUser.get(user);
    if (known === undefined) this.#ofUser.set(user, new Set([entry]));
    else known.add(entry);
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw new ChatError("closed", "unable to use store; it is not open");
  }
}
