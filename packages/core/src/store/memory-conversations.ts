import type { ConversationId, Role, UserId } from "@earshot/protocol";
import type { Created, NewConversation } from "../ports/conversation-settings.ts";
import type { Membership, Removed } from "../ports/message-store.ts";
import { directPair, pairKey } from "./direct-pair.ts";
import { MemoryConversation, type NextChange } from "./memory-conversation.ts";
import type { MemoryFeed } from "./memory-feed.ts";
import type { InboxEntry } from "./memory-inbox.ts";
import { compareUsers } from "./memory-member.ts";
import { RemovedConversation } from "./removed-conversation.ts";

/** Every conversation of a store, and what is found by its users. */
export class MemoryConversations {
  readonly #all = new Map<ConversationId, MemoryConversation>();
  /** Ids that are used up. */
  readonly #removed = new Set<ConversationId>();
  /** Where a user is or was a member, or has written: what their inbox is made of. */
  readonly #ofUser = new Map<UserId, Set<InboxEntry>>();
  /** Direct conversations, by their two users. */
  readonly #ofPair = new Map<string, MemoryConversation>();
  readonly #nextChange: NextChange;
  readonly #feed: Pick<MemoryFeed, "add" | "forget">;

  constructor(nextChange: NextChange, feed: Pick<MemoryFeed, "add" | "forget">) {
    this.#nextChange = nextChange;
    this.#feed = feed;
  }

  get(id: ConversationId): MemoryConversation | undefined {
    return this.#all.get(id);
  }

  /** What the user's inbox is made of. */
  of(user: UserId): Iterable<InboxEntry> {
    return this.#ofUser.get(user) ?? [];
  }

  /** By id, above `after`. */
  after(after: ConversationId | null, limit: number): readonly MemoryConversation[] {
    return pageAfter(this.#all.values(), ({ id }) => id, after, limit);
  }

  memberships(user: UserId, after: ConversationId | null, limit: number): readonly Membership[] {
    const found: Membership[] = [];
    for (const { id } of this.of(user)) {
      const membership = this.#all.get(id)?.membership(user) ?? null;
      if (membership !== null) found.push(membership);
    }
    return pageAfter(found, ({ conversation }) => conversation, after, limit);
  }

  create(conversation: NewConversation): Created {
    const pair = directPair(conversation);
    const direct = pair === null ? undefined : this.#ofPair.get(pairKey(pair));
    if (direct !== undefined) return { kind: "existing", id: direct.id };
    const same = this.#all.get(conversation.id);
    if (same?.created.creator === conversation.creator) return { kind: "existing", id: conversation.id };
    if (same !== undefined || this.#removed.has(conversation.id)) return { kind: "conflict" };
    const made = new MemoryConversation(conversation, this.#nextChange);
    this.#all.set(conversation.id, made);
    if (pair !== null) this.#ofPair.set(pairKey(pair), made);
    for (const user of made.users()) this.remember(user, made);
    const rows = made.rows();
    for (const { seq } of rows) this.#feed.add(made.id, seq);
    return { kind: "created", rows, membersVersion: made.members.version };
  }

  remove(id: ConversationId, user: UserId | null, by: readonly Role[]): Removed {
    const found = this.#all.get(id);
    const role = user === null ? null : found?.members.get(user)?.role;
    if (found === undefined || role === undefined) return { kind: "refused", code: "not_found" };
    if (role !== null && !by.includes(role)) return { kind: "refused", code: "forbidden" };
    const members = found.members.byUser().map((member) => member.user);
    const removed = new RemovedConversation(found, this.#nextChange());
    for (const each of found.users()) {
      this.#ofUser.get(each)?.delete(found);
      this.remember(each, removed);
    }
    if (found.pair !== null) this.#ofPair.delete(pairKey(found.pair));
    this.#all.delete(id);
    this.#removed.add(id);
    this.#feed.add(id, null);
    this.#feed.forget(found.rows().length);
    return { kind: "removed", members };
  }

  /** The user has become a member of it, or has written there. */
  remember(user: UserId, entry: InboxEntry): void {
    const known = this.#ofUser.get(user);
    if (known === undefined) this.#ofUser.set(user, new Set([entry]));
    else known.add(entry);
  }

  clear(): void {
    for (const held of [this.#all, this.#removed, this.#ofUser, this.#ofPair]) held.clear();
  }
}

/** The first of those whose id is above `after`, by the characters of their ids. */
function pageAfter<Item>(
  items: Iterable<Item>,
  idOf: (item: Item) => ConversationId,
  after: ConversationId | null,
  limit: number,
): readonly Item[] {
  return Array.from(items)
    .filter((item) => after === null || compareUsers(idOf(item), after) > 0)
    .sort((a, b) => compareUsers(idOf(a), idOf(b)))
    .slice(0, limit);
}
