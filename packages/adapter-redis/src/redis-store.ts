import type {
  Access,
  Append,
  AppendResult,
  ChangePage,
  ConversationSettings,
  Created,
  EventPage,
  Expired,
  FeedPage,
  InboxPage,
  MemberPage,
  Membership,
  MessageStore,
  NewConversation,
  Raise,
  Raised,
  RangeQuery,
  ReceiptPage,
  Removed,
  Retention,
  Revocations,
  TallyRow,
} from "@earshot/core";
import type { ConversationId, Durability, InboxRow, NodeId, Role, UserId } from "@earshot/protocol";
import { bucketOf } from "./keys.ts";
import { type NamespaceOptions, namespaceOf } from "./namespace.ts";
import { OpenStore } from "./open-store.ts";
import type { RedisClient } from "./redis-client.ts";
import { appendBatch } from "./store/append-batch.ts";
import { block, eraseBlocks } from "./store/blocks.ts";
import { banUser, putState, raiseMarks } from "./store/change-members.ts";
import { keepSetting, movePosition, readRevocations, revokeUser, takeLease } from "./store/claims.ts";
import { createConversation } from "./store/create-conversation.ts";
import { formatFeedMark } from "./store/feed-mark.ts";
import { areBlocked } from "./store/pairs.ts";
import { readAccess } from "./store/read-access.ts";
import { readChanges } from "./store/read-changes.ts";
import { readFeed } from "./store/read-feed.ts";
import { readInbox } from "./store/read-inbox.ts";
import { readInboxRows } from "./store/read-inbox-rows.ts";
import { readConversations, readMemberships } from "./store/read-lists.ts";
import { readMembers, readReceipts, readTally } from "./store/read-members.ts";
import { readRange } from "./store/read-range.ts";
import { readSettings } from "./store/read-settings.ts";
import { eraseContent, expireBeginning, removeConversation } from "./store/upkeep.ts";

export interface RedisStoreOptions extends NamespaceOptions {
  /**
   * What the servers' settings have to give, or `open` refuses them with `invalid`: `fsync` (`appendonly yes`,
   * `appendfsync always`), `process` (`appendonly yes`). Default: whatever they give, which `durability` then says.
   */
  readonly durability?: Exclude<Durability, "replicated">;
  /** A command without an answer for so long has failed, and its connection is opened anew, in ms. Default 5,000. */
  readonly commandTimeoutMs?: number;
}

const COMMAND_TIMEOUT_MS = 5_000;

/**
 * A message store on Redis 7.0 or newer, one server or a Cluster, for any number of engines at once. Every step that
 * has to be atomic is one Lua script; what an append decides stands in one slot.
 *
 * `client` is an ioredis or node-redis client or cluster, connected or not: it says where Redis is, and is neither
 * used nor closed. One connection to each server is opened like it.
 *
 * `durability` is what the servers' settings give: `fsync`, `process` or, without `appendonly`, `memory`; the weakest
 * master counts. `open` rejects with `unavailable` where no server answers, `unauthenticated` and `forbidden` for the
 * client's user and rights, and `invalid` for a server before 7.0, a `maxmemory-policy` other than `noeviction`, settings
 * that give less than the option `durability` demands, and what a newer version of this package has written.
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): MessageStore {
  return new RedisStore(client, options);
}

class RedisStore implements MessageStore {
  readonly #store: OpenStore;

  constructor(client: RedisClient, { namespace, durability, commandTimeoutMs }: RedisStoreOptions) {
    this.#store = new OpenStore(client, {
      namespace: namespaceOf(namespace),
      durability: durability ?? null,
      commandTimeoutMs: commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    });
  }

  get durability(): Durability {
    return this.#store.durability;
  }

  open(): Promise<void> {
    return this.#store.open();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  ping(): Promise<void> {
    return this.#store.use((link) => link.ping());
  }

  append(batch: readonly Append[]): Promise<readonly AppendResult[]> {
    return this.#store.use((link) => appendBatch(link, batch));
  }

  create(conversation: NewConversation): Promise<Created> {
    return this.#store.use((link) => createConversation(link, conversation));
  }

  range(query: RangeQuery): Promise<EventPage | null> {
    return this.#store.use((link) => readRange(link, query));
  }

  settings(conversation: ConversationId): Promise<ConversationSettings | null> {
    return this.#store.use((link) => readSettings(link, conversation));
  }

  access(
    pairs: readonly { readonly user: UserId; readonly conversation: ConversationId }[],
  ): Promise<readonly (Access | null)[]> {
    return this.#store.use((link) => readAccess(link, pairs));
  }

  members(conversation: ConversationId, cursor: string | null, limit: number): Promise<MemberPage | null> {
    return this.#store.use((link) => readMembers(link, conversation, cursor, limit));
  }

  inbox(user: UserId, cursor: string | null, limit: number): Promise<InboxPage> {
    return this.#store.use((link) => readInbox(link, user, cursor, limit));
  }

  row(user: UserId, conversation: ConversationId): Promise<InboxRow | null> {
    return this.#store.use(async (link) => (await readInboxRows(link, user, [conversation])).get(conversation) ?? null);
  }

  raise(raises: readonly Raise[]): Promise<readonly (Raised | null)[]> {
    return this.#store.use((link) => raiseMarks(link, raises));
  }

  tally(conversation: ConversationId, limit: number): Promise<readonly TallyRow[] | null> {
    return this.#store.use((link) => readTally(link, conversation, limit));
  }

  receipts(
    conversation: ConversationId,
    seq: number,
    cursor: string | null,
    limit: number,
  ): Promise<ReceiptPage | null> {
    return this.#store.use((link) => readReceipts(link, conversation, { seq, cursor, limit }));
  }

  put(
    user: UserId,
    conversation: ConversationId,
    state: { readonly mute?: boolean | number; readonly marked?: boolean },
  ): Promise<boolean> {
    return this.#store.use((link) => putState(link, user, conversation, state));
  }

  ban(conversation: ConversationId, user: UserId, banned: boolean): Promise<boolean> {
    return this.#store.use((link) => banUser(link, conversation, user, banned));
  }

  block(user: UserId, other: UserId, blocked: boolean): Promise<void> {
    return this.#store.use((link) => block(link, user, other, blocked));
  }

  blocked(user: UserId, others: readonly UserId[]): Promise<readonly boolean[]> {
    return this.#store.use((link) => areBlocked(link, user, others));
  }

  async remove(conversation: ConversationId, user: UserId | null, by: readonly Role[]): Promise<Removed> {
    const removed = await this.#store.use((link) => removeConversation(link, conversation, user, by));
    if (removed.kind === "removed") this.#store.purge(bucketOf(conversation));
    return removed;
  }

  feed(after: string | null, rows: number, bytes: number): Promise<FeedPage> {
    return this.#store.use((link) => readFeed(link, after, rows, bytes));
  }

  feedEnd(): Promise<string> {
    return this.#store.use(async (link) => formatFeedMark({ vector: await link.rewindAll(), within: null }, link.life));
  }

  changes(after: string, limit: number): Promise<ChangePage> {
    return this.#store.use((link) => readChanges(link, after, limit));
  }

  lease(name: string, node: NodeId, ttlMs: number): Promise<boolean> {
    return this.#store.use((link) => takeLease(link, name, node, ttlMs));
  }

  position(name: string, move?: { readonly from: string | null; readonly to: string }): Promise<string | null> {
    return this.#store.use((link) => movePosition(link, name, move));
  }

  revoke(user: UserId, keepMs: number): Promise<number> {
    return this.#store.use((link) => revokeUser(link, user, keepMs));
  }

  revocations(after: number, limit: number): Promise<Revocations> {
    return this.#store.use((link) => readRevocations(link, after, limit));
  }

  conversations(
    after: ConversationId | null,
    limit: number,
  ): Promise<readonly { readonly conversation: ConversationId; readonly retention: Retention | null }[]> {
    return this.#store.use((link) => readConversations(link, after, limit));
  }

  expire(
    conversation: ConversationId,
    rule: { readonly before?: number; readonly messages?: number },
    rows: number,
  ): Promise<Expired | null> {
    return this.#store.use((link) => expireBeginning(link, conversation, rule, rows));
  }

  memberships(user: UserId, after: ConversationId | null, limit: number): Promise<readonly Membership[]> {
    return this.#store.use((link) => readMemberships(link, user, after, limit));
  }

  erase(user: UserId, conversation: ConversationId | null): Promise<void> {
    return this.#store.use((link) =>
      conversation === null ? eraseBlocks(link, user) : eraseContent(link, user, conversation),
    );
  }

  setting(name: string, make: () => string): Promise<string> {
    return this.#store.use((link) => keepSetting(link, name, make));
  }
}
