import { ChatError, type ConversationId, type InboxRow, type UserId } from "@earshot/protocol";
import type {
  Access,
  Append,
  AppendResult,
  Created,
  EventPage,
  InboxPage,
  MemberPage,
  MessageStore,
  NewConversation,
  RangeQuery,
} from "../ports/message-store.ts";
import { formatMemberCursor, parseMemberCursor } from "./member-cursor.ts";
import { MemoryConversation } from "./memory-conversation.ts";
import { inboxPage } from "./memory-inbox.ts";
import { compareMembers } from "./memory-member.ts";

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
  /** Conversations that a user is or was a member of. */
  readonly #ofUser = new Map<UserId, Set<MemoryConversation>>();
  /** Direct conversations, by their two users. */
  readonly #ofPair = new Map<string, MemoryConversation>();
  readonly #settings = new Map<string, string>();
  /** Number of the last change anywhere in the store. */
  #change = 0;
  /** Names this life of the store in its cursors: the first epoch, which is never used twice. */
  #life = "";

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open store; it was opened before");
    this.#state = "open";
  }

  async close(): Promise<void> {
    this.#state = "closed";
    for (const held of [this.#conversations, this.#ofUser, this.#ofPair, this.#settings]) held.clear();
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
    const pair = conversation.kind === "direct" ? pairOf(conversation) : null;
    const direct = pair === null ? undefined : this.#ofPair.get(pair);
    if (direct !== undefined) return { kind: "existing", id: direct.created.id };
    const same = this.#conversations.get(conversation.id);
    if (same !== undefined) {
      if (same.created.creator !== conversation.creator) return { kind: "conflict" };
      return { kind: "existing", id: conversation.id };
    }
    if (this.#life === "") this.#life = conversation.epoch;
    this.#change += 1;
    const made = new MemoryConversation(conversation, this.#change);
    this.#conversations.set(conversation.id, made);
    if (pair !== null) this.#ofPair.set(pair, made);
    for (const user of made.members.keys()) this.#remember(user, made);
    return { kind: "created", rows: made.log.slice(), membersVersion: made.membersVersion };
  }

  async range(query: RangeQuery): Promise<EventPage | null> {
    this.#requireOpen();
    return this.#conversations.get(query.conversation)?.range(query) ?? null;
  }

  async access(
    pairs: readonly { readonly user: UserId; readonly conversation: ConversationId }[],
  ): Promise<readonly (Access | null)[]> {
    this.#requireOpen();
    return pairs.map(({ user, conversation }) => this.#conversations.get(conversation)?.access(user) ?? null);
  }

  async members(conversation: ConversationId, cursor: string | null, limit: number): Promise<MemberPage | null> {
    this.#requireOpen();
    const found = this.#conversations.get(conversation);
    if (found === undefined) return null;
    const after = parseMemberCursor(cursor);
    const sorted = found.sortedMembers();
    const start = after === null ? 0 : sorted.findIndex((member) => compareMembers(member, after) > 0);
    const members = start < 0 ? [] : sorted.slice(start, start + limit);
    return {
      members,
      membersVersion: found.membersVersion,
      cursor: formatMemberCursor(members.at(-1) ?? after),
      more: start >= 0 && start + members.length < sorted.length,
    };
  }

  async inbox(user: UserId, cursor: string | null, limit: number): Promise<InboxPage> {
    this.#requireOpen();
    const conversations = this.#ofUser.get(user) ?? [];
    return inboxPage({ user, conversations, newest: this.#change, life: this.#life, cursor, limit });
  }

  async row(user: UserId, conversation: ConversationId): Promise<InboxRow | null> {
    this.#requireOpen();
    return this.#conversations.get(conversation)?.inboxRow(user) ?? null;
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
    const result = conversation.append(entry, this.#change + 1);
    if (result.kind !== "event") return result;
    this.#change += 1;
    for (const [user, role] of entry.members ?? []) if (role !== null) this.#remember(user, conversation);
    return result;
  }

  #remember(user: UserId, conversation: MemoryConversation): void {
    const known = this.#ofUser.get(user);
    if (known === undefined) this.#ofUser.set(user, new Set([conversation]));
    else known.add(conversation);
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw new ChatError("closed", "unable to use store; it is not open");
  }
}

/** The same for both users, whoever creates. No id holds a space. */
function pairOf({ members }: NewConversation): string {
  return members
    .map(([user]) => user)
    .sort()
    .join(" ");
}
