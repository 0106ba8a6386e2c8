import type {
  Access,
  Append,
  AppendResult,
  ChangePage,
  ConversationSettings,
  Created,
  DraftStore,
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
import { keepSetting, movePosition, revokeUser, takeLease } from "./claims.ts";
import { createConversation } from "./create-conversation.ts";
import { DraftNews } from "./draft-news.ts";
import { eraseDrafts, PostgresDrafts } from "./drafts.ts";
import { type EraseMark, eraseBlocks, eraseStep } from "./erase-step.ts";
import { expireBeginning } from "./expire-beginning.ts";
import { formatMark, type Horizon, startOf } from "./feed-mark.ts";
import { OpenStore } from "./open-store.ts";
import type { PgPool } from "./pg-pool.ts";
import { putBan, putBlock, putState } from "./private-state.ts";
import { raiseMarks } from "./raise-marks.ts";
import { readChanges } from "./read-changes.ts";
import { readFeed } from "./read-feed.ts";
import { readInbox, readInboxRow } from "./read-inbox.ts";
import { readBlocked, readConversations, readMemberships, readRevocations, readSettings } from "./read-lists.ts";
import { readAccess, readMembers, readReceipts } from "./read-members.ts";
import { readRange } from "./read-range.ts";
import { readTally } from "./read-tally.ts";
import { removeConversation } from "./remove-conversation.ts";
import { schemaOf } from "./schema-of.ts";
import type { PostgresStoreOptions } from "./store-options.ts";
import type { Transaction } from "./transaction.ts";

/**
 * A message store on PostgreSQL 15 or newer, for any number of gateways, on a `pg.Pool` that stays the host's: `close`
 * does not end it. `open` makes its tables in a schema of their own, or migrates them, however many gateways
 * start at once, and reads `durability` from the server's settings.
 *
 * `open` rejects with `unavailable` where no server answers or it is a standby, `unauthenticated` for a wrong
 * user or password, `forbidden` where the role may not make the tables, and `invalid` for a server that is too
 * old, a database that is missing or not in UTF-8, a newer schema, a pool that is too small, and settings below the
 * `durability` that is asked for. It may be called again then. Throws `invalid` for what is no namespace.
 */
export function postgresStore(pool: PgPool, options: PostgresStoreOptions = {}): MessageStore {
  return new PostgresStore(pool, options);
}

class PostgresStore implements MessageStore {
  readonly drafts: DraftStore;
  readonly #store: OpenStore;
  readonly #news: DraftNews;

  constructor(pool: PgPool, options: PostgresStoreOptions) {
    this.#store = new OpenStore(pool, options);
    this.#news = new DraftNews(pool, options.namespace, options.listen);
    this.drafts = new PostgresDrafts(this.#store, schemaOf(options.namespace), this.#news);
  }

  get durability(): Durability {
    return this.#store.durability;
  }

  open(): Promise<void> {
    return this.#store.open();
  }

  async close(): Promise<void> {
    await Promise.all([this.#news.close(), this.#store.close()]);
  }

  ping(): Promise<void> {
    return this.#store.call(async ({ connections }) => {
      await connections.all("SELECT 1 AS yes");
    });
  }

  append(batch: readonly Append[]): Promise<readonly AppendResult[]> {
    return this.#store.call(async ({ lanes, purge }) => {
      const results = await lanes.append(batch);
      if (batch.some(({ type }) => type === "delete")) purge.start();
      return results;
    });
  }

  create(conversation: NewConversation): Promise<Created> {
    return this.#change((transaction) => createConversation(transaction, conversation));
  }

  range(query: RangeQuery): Promise<EventPage | null> {
    return this.#read((transaction) => readRange(transaction, query));
  }

  settings(conversation: ConversationId): Promise<ConversationSettings | null> {
    return this.#read((transaction) => readSettings(transaction, conversation));
  }

  access(
    pairs: readonly { readonly user: UserId; readonly conversation: ConversationId }[],
  ): Promise<readonly (Access | null)[]> {
    return this.#read((transaction) => readAccess(transaction, pairs));
  }

  members(conversation: ConversationId, cursor: string | null, limit: number): Promise<MemberPage | null> {
    return this.#read((transaction) => readMembers(transaction, conversation, cursor, limit));
  }

  inbox(user: UserId, cursor: string | null, limit: number): Promise<InboxPage> {
    return this.#readFrom((transaction, horizon) => readInbox(transaction, horizon, user, cursor, limit));
  }

  row(user: UserId, conversation: ConversationId): Promise<InboxRow | null> {
    return this.#read((transaction) => readInboxRow(transaction, user, conversation));
  }

  raise(raises: readonly Raise[]): Promise<readonly (Raised | null)[]> {
    return this.#change((transaction) => raiseMarks(transaction, raises));
  }

  tally(conversation: ConversationId, limit: number): Promise<readonly TallyRow[] | null> {
    return this.#read((transaction) => readTally(transaction, conversation, limit));
  }

  receipts(
    conversation: ConversationId,
    seq: number,
    cursor: string | null,
    limit: number,
  ): Promise<ReceiptPage | null> {
    return this.#read((transaction) => readReceipts(transaction, conversation, seq, cursor, limit));
  }

  put(
    user: UserId,
    conversation: ConversationId,
    state: { readonly mute?: boolean | number; readonly marked?: boolean },
  ): Promise<boolean> {
    return this.#change((transaction) => putState(transaction, user, conversation, state));
  }

  ban(conversation: ConversationId, user: UserId, banned: boolean): Promise<boolean> {
    return this.#write((transaction) => putBan(transaction, conversation, user, banned));
  }

  block(user: UserId, other: UserId, blocked: boolean): Promise<void> {
    return this.#write((transaction) => putBlock(transaction, user, other, blocked));
  }

  blocked(user: UserId, others: readonly UserId[]): Promise<readonly boolean[]> {
    return this.#read((transaction) => readBlocked(transaction, user, others));
  }

  remove(conversation: ConversationId, user: UserId | null, by: readonly Role[]): Promise<Removed> {
    return this.#store.call(async ({ connections, barrier, purge }) => {
      const remove = (transaction: Transaction) => removeConversation(transaction, conversation, user, by);
      const removed = await connections.change(barrier.shared, remove);
      if (removed.kind === "removed") purge.start();
      return removed;
    });
  }

  async feed(after: string | null, rows: number, bytes: number): Promise<FeedPage> {
    for (let mark = after; ; ) {
      const read = (transaction: Transaction, horizon: Horizon) => readFeed(transaction, horizon, mark, rows, bytes);
      const page = await this.#readFrom(read);
      if (page.items.length > 0 || !page.more) return page;
      ({ mark } = page);
    }
  }

  feedEnd(): Promise<string> {
    return this.#store.call(async (store) => {
      const horizon = await store.horizon();
      return formatMark({ at: startOf(horizon.settled), again: null }, horizon);
    });
  }

  async changes(after: string, limit: number): Promise<ChangePage> {
    for (let mark = after; ; ) {
      const page = await this.#readFrom((transaction, horizon) => readChanges(transaction, horizon, mark, limit));
      if (page.changes.length > 0 || !page.more) return page;
      ({ mark } = page);
    }
  }

  lease(name: string, node: NodeId, ttlMs: number): Promise<boolean> {
    return this.#store.call(({ connections }) => takeLease(connections, name, node, ttlMs));
  }

  position(name: string, move?: { readonly from: string | null; readonly to: string }): Promise<string | null> {
    return this.#store.call(({ connections }) => movePosition(connections, name, move));
  }

  revoke(user: UserId, keepMs: number): Promise<number> {
    return this.#write((transaction) => revokeUser(transaction, user, keepMs));
  }

  revocations(after: number, limit: number): Promise<Revocations> {
    return this.#read((transaction) => readRevocations(transaction, after, limit));
  }

  conversations(
    after: ConversationId | null,
    limit: number,
  ): Promise<readonly { readonly conversation: ConversationId; readonly retention: Retention | null }[]> {
    return this.#read((transaction) => readConversations(transaction, after, limit));
  }

  expire(
    conversation: ConversationId,
    rule: { readonly before?: number; readonly messages?: number },
    rows: number,
  ): Promise<Expired | null> {
    return this.#store.call(async ({ connections, purge }) => {
      const expired = await connections.write((transaction) => expireBeginning(transaction, conversation, rule, rows));
      purge.start();
      return expired;
    });
  }

  memberships(user: UserId, after: ConversationId | null, limit: number): Promise<readonly Membership[]> {
    return this.#read((transaction) => readMemberships(transaction, user, after, limit));
  }

  erase(user: UserId, conversation: ConversationId | null): Promise<void> {
    if (conversation === null) {
      return this.#write(async (transaction) => {
        await eraseBlocks(transaction, user);
        await eraseDrafts(transaction, user);
      });
    }
    return this.#store.call(async ({ connections, barrier, purge }) => {
      let from: EraseMark | null = null;
      do {
        const mark: EraseMark | null = from;
        from = await connections.change(barrier.shared, (transaction) =>
          eraseStep(transaction, user, conversation, mark),
        );
      } while (from !== null);
      purge.start();
    });
  }

  setting(name: string, make: () => string): Promise<string> {
    return this.#store.call(({ connections }) => keepSetting(connections, name, make));
  }

  #read<Value>(run: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    return this.#store.call(({ connections }) => connections.read(run));
  }

  /** The horizon comes first: what has ended before it was read is seen. */
  #readFrom<Value>(run: (transaction: Transaction, horizon: Horizon) => Promise<Value>): Promise<Value> {
    return this.#store.call(async (store) => {
      const horizon = await store.horizon();
      return store.connections.read((transaction) => run(transaction, horizon));
    });
  }

  #write<Value>(run: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    return this.#store.call(({ connections }) => connections.write(run));
  }

  /** What inboxes or the feed tell of. */
  #change<Value>(run: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    return this.#store.call(({ connections, barrier }) => connections.change(barrier.shared, run));
  }
}
