import { resolve } from "node:path";
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
import {
  ChatError,
  type ConversationId,
  type Durability,
  type InboxRow,
  type NodeId,
  parseJson,
  type Role,
  type UserId,
} from "@earshot/protocol";
import type { EraseMark } from "./calls.ts";
import { KeptThread } from "./kept-thread.ts";
import { accessAsked, accessGiven } from "./member-access.ts";
import { appendResult, conversationText, entryText, firstRows, muteText, rankBits } from "./texts.ts";

export interface SqliteStoreOptions {
  /** The database file. It and its directory are made if they are not there. */
  readonly path: string;
}

/**
 * A message store in one SQLite file, run by a thread of its own, for one process at a time. Every
 * message is fsynced before `append` resolves (`durability: "fsync"`), and what waits shares one
 * fsync. Beside the file lies its log (`-wal`), which belongs to it and may hold the newest messages.
 *
 * `open` rejects with `conflict` while another process has the file (its lock ends with its holder,
 * however that ends), with `invalid` for a file that is no Earshot database, comes from a newer
 * version, is truncated or damaged, and with `unavailable` for one that cannot be read or written.
 * A file that is refused is left as it was found, and `open` may be called again.
 * If the thread dies, what was in hand is rejected with `unavailable` and the next call starts another.
 */
export function sqliteStore(file: string | SqliteStoreOptions): MessageStore {
  const path = typeof file === "string" ? file : file.path;
  if (path === "" || path === ":memory:") {
    throw new ChatError(
      "invalid",
      "unable to make store; it needs the path of a file: for a store in memory use memoryStore()",
    );
  }
  return new SqliteStore(resolve(path));
}

class SqliteStore implements MessageStore {
  readonly #thread: KeptThread;

  constructor(path: string) {
    this.#thread = new KeptThread(path);
  }

  get durability(): Durability {
    return this.#thread.durability;
  }

  open(): Promise<void> {
    return this.#thread.open();
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  async ping(): Promise<void> {
    await this.#thread.call("ping", null);
  }

  async append(batch: readonly Append[]): Promise<readonly AppendResult[]> {
    const outcomes = await this.#thread.call("append", batch.map(entryText));
    return outcomes.map((outcome, at) => appendResult(batch[at] as Append, outcome));
  }

  async create(conversation: NewConversation): Promise<Created> {
    const outcome = await this.#thread.call("create", conversationText(conversation));
    return outcome.kind === "created" ? { ...outcome, rows: firstRows(conversation) } : outcome;
  }

  async range(query: RangeQuery): Promise<EventPage | null> {
    return parsed<EventPage>(await this.#thread.call("range", query));
  }

  async settings(conversation: ConversationId): Promise<ConversationSettings | null> {
    return parsed<ConversationSettings>(await this.#thread.call("settings", conversation));
  }

  async access(
    pairs: readonly { readonly user: UserId; readonly conversation: ConversationId }[],
  ): Promise<readonly (Access | null)[]> {
    return accessGiven(await this.#thread.call("access", accessAsked(pairs)));
  }

  async members(conversation: ConversationId, cursor: string | null, limit: number): Promise<MemberPage | null> {
    return parsed<MemberPage>(await this.#thread.call("members", { conversation, cursor, limit }));
  }

  async inbox(user: UserId, cursor: string | null, limit: number): Promise<InboxPage> {
    return parseJson(await this.#thread.call("inbox", { user, cursor, limit })) as InboxPage;
  }

  async row(user: UserId, conversation: ConversationId): Promise<InboxRow | null> {
    return parsed<InboxRow>(await this.#thread.call("row", { user, conversation }));
  }

  async raise(raises: readonly Raise[]): Promise<readonly (Raised | null)[]> {
    return this.#thread.call("raise", raises);
  }

  async tally(conversation: ConversationId, limit: number): Promise<readonly TallyRow[] | null> {
    const text = await this.#thread.call("tally", { conversation, limit });
    return text === null ? null : (JSON.parse(text) as readonly TallyRow[]);
  }

  async receipts(
    conversation: ConversationId,
    seq: number,
    cursor: string | null,
    limit: number,
  ): Promise<ReceiptPage | null> {
    return parsed<ReceiptPage>(await this.#thread.call("receipts", { conversation, seq, cursor, limit }));
  }

  async put(
    user: UserId,
    conversation: ConversationId,
    { mute, marked }: { readonly mute?: boolean | number; readonly marked?: boolean },
  ): Promise<boolean> {
    return this.#thread.call("put", { user, conversation, mute: muteText(mute), marked });
  }

  async ban(conversation: ConversationId, user: UserId, banned: boolean): Promise<boolean> {
    return this.#thread.call("ban", { conversation, user, banned });
  }

  async block(user: UserId, other: UserId, blocked: boolean): Promise<void> {
    await this.#thread.call("block", { user, other, blocked });
  }

  async blocked(user: UserId, others: readonly UserId[]): Promise<readonly boolean[]> {
    return JSON.parse(await this.#thread.call("blocked", { user, others })) as readonly boolean[];
  }

  async remove(conversation: ConversationId, user: UserId | null, by: readonly Role[]): Promise<Removed> {
    return this.#thread.call("remove", { conversation, user, by: rankBits(by) });
  }

  async feed(after: string | null, rows: number, bytes: number): Promise<FeedPage> {
    for (let mark = after; ; ) {
      const page = parseJson(await this.#thread.call("feed", { after: mark, rows, bytes })) as FeedPage;
      if (page.items.length > 0 || !page.more) return page;
      ({ mark } = page);
    }
  }

  async feedEnd(): Promise<string> {
    return this.#thread.call("feedEnd", null);
  }

  async changes(after: string, limit: number): Promise<ChangePage> {
    for (let mark = after; ; ) {
      const page = JSON.parse(await this.#thread.call("changes", { after: mark, limit })) as ChangePage;
      if (page.changes.length > 0 || !page.more) return page;
      ({ mark } = page);
    }
  }

  async lease(name: string, node: NodeId, ttlMs: number): Promise<boolean> {
    return this.#thread.call("lease", { name, node, ttlMs });
  }

  async position(name: string, move?: { readonly from: string | null; readonly to: string }): Promise<string | null> {
    if (move === undefined) return this.#thread.call("position", name);
    return this.#thread.call("move", { name, from: move.from, to: move.to });
  }

  async revoke(user: UserId, keepMs: number): Promise<number> {
    return this.#thread.call("revoke", { user, keepMs });
  }

  async revocations(after: number, limit: number): Promise<Revocations> {
    return JSON.parse(await this.#thread.call("revocations", { after, limit })) as Revocations;
  }

  async conversations(
    after: ConversationId | null,
    limit: number,
  ): Promise<readonly { readonly conversation: ConversationId; readonly retention: Retention | null }[]> {
    const text = await this.#thread.call("conversations", { after: after ?? "", limit });
    return JSON.parse(text) as Awaited<ReturnType<MessageStore["conversations"]>>;
  }

  async expire(
    conversation: ConversationId,
    { before, messages }: { readonly before?: number; readonly messages?: number },
    rows: number,
  ): Promise<Expired | null> {
    const rule = { before: before ?? null, messages: messages ?? null };
    return this.#thread.call("expire", { conversation, ...rule, rows });
  }

  async memberships(user: UserId, after: ConversationId | null, limit: number): Promise<readonly Membership[]> {
    const text = await this.#thread.call("memberships", { user, after: after ?? "", limit });
    return JSON.parse(text) as readonly Membership[];
  }

  async erase(user: UserId, conversation: ConversationId | null): Promise<void> {
    let from: EraseMark | null = null;
    do from = await this.#thread.call("erase", { user, conversation, from });
    while (from !== null);
  }

  async setting(name: string, make: () => string): Promise<string> {
    const kept = await this.#thread.call("setting", name);
    return kept ?? (await this.#thread.call("keep", { name, value: make() }));
  }
}

function parsed<Value>(text: string | null): Value | null {
  return text === null ? null : (parseJson(text) as Value);
}
