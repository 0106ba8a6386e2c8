import { resolve } from "node:path";
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
} from "@earshot/core";
import {
  ChatError,
  type ConversationId,
  type Durability,
  type InboxRow,
  parseJson,
  type Role,
  type UserId,
} from "@earshot/protocol";
import type { CallName, Calls } from "./calls.ts";
import { StoreThread } from "./store-thread.ts";
import { appendResult, conversationText, entryText, firstRows, muteText, rankBits } from "./texts.ts";

const RETRY_AFTER_MS = 1_000;

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
  readonly #path: string;
  #durability: Durability = "process";
  #state: "new" | "opening" | "open" | "closed" = "new";
  #thread: StoreThread | null = null;
  /** While a thread starts: the first one, or another after one has died. */
  #starting: Promise<StoreThread> | null = null;
  #closing: Promise<void> | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  get durability(): Durability {
    return this.#durability;
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open store; it was opened before");
    this.#state = "opening";
    try {
      await this.#start();
    } catch (error) {
      if (this.#isClosed()) throw closed();
      this.#state = "new";
      throw error;
    }
    if (this.#isClosed()) throw closed();
    this.#state = "open";
  }

  close(): Promise<void> {
    this.#state = "closed";
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async ping(): Promise<void> {
    await this.#call("ping", null);
  }

  async append(batch: readonly Append[]): Promise<readonly AppendResult[]> {
    const outcomes = await this.#call("append", batch.map(entryText));
    return outcomes.map((outcome, at) => appendResult(batch[at] as Append, outcome));
  }

  async create(conversation: NewConversation): Promise<Created> {
    const outcome = await this.#call("create", conversationText(conversation));
    return outcome.kind === "created" ? { ...outcome, rows: firstRows(conversation) } : outcome;
  }

  async range(query: RangeQuery): Promise<EventPage | null> {
    return parsed<EventPage>(await this.#call("range", query));
  }

  async settings(conversation: ConversationId): Promise<ConversationSettings | null> {
    return parsed<ConversationSettings>(await this.#call("settings", conversation));
  }

  async access(
    pairs: readonly { readonly user: UserId; readonly conversation: ConversationId }[],
  ): Promise<readonly (Access | null)[]> {
    const asked = pairs.map(({ user, conversation }) => ({ user, conversation }));
    return JSON.parse(await this.#call("access", asked)) as readonly (Access | null)[];
  }

  async members(conversation: ConversationId, cursor: string | null, limit: number): Promise<MemberPage | null> {
    return parsed<MemberPage>(await this.#call("members", { conversation, cursor, limit }));
  }

  async inbox(user: UserId, cursor: string | null, limit: number): Promise<InboxPage> {
    return parseJson(await this.#call("inbox", { user, cursor, limit })) as InboxPage;
  }

  async row(user: UserId, conversation: ConversationId): Promise<InboxRow | null> {
    return parsed<InboxRow>(await this.#call("row", { user, conversation }));
  }

  async raise(raises: readonly Raise[]): Promise<readonly (Raised | null)[]> {
    return this.#call("raise", raises);
  }

  async receipts(
    conversation: ConversationId,
    seq: number,
    cursor: string | null,
    limit: number,
  ): Promise<ReceiptPage | null> {
    return parsed<ReceiptPage>(await this.#call("receipts", { conversation, seq, cursor, limit }));
  }

  async put(
    user: UserId,
    conversation: ConversationId,
    { mute, marked }: { readonly mute?: boolean | number; readonly marked?: boolean },
  ): Promise<boolean> {
    return this.#call("put", { user, conversation, mute: muteText(mute), marked });
  }

  async ban(conversation: ConversationId, user: UserId, banned: boolean): Promise<boolean> {
    return this.#call("ban", { conversation, user, banned });
  }

  async block(user: UserId, other: UserId, blocked: boolean): Promise<void> {
    await this.#call("block", { user, other, blocked });
  }

  async blocked(user: UserId, others: readonly UserId[]): Promise<readonly boolean[]> {
    return JSON.parse(await this.#call("blocked", { user, others })) as readonly boolean[];
  }

  async remove(conversation: ConversationId, user: UserId, by: readonly Role[]): Promise<Removed> {
    return this.#call("remove", { conversation, user, by: rankBits(by) });
  }

  async setting(name: string, make: () => string): Promise<string> {
    const kept = await this.#call("setting", name);
    return kept ?? (await this.#call("keep", { name, value: make() }));
  }

  #call<Name extends CallName>(name: Name, given: Calls[Name]["given"]): Promise<Calls[Name]["answer"]> {
    if (this.#state !== "open") return Promise.reject(closed());
    // Without an await on the way: calls reach the thread in the order they are made in, and before its end.
    if (this.#thread !== null && !this.#thread.dead) return this.#thread.call(name, given);
    return this.#start().then(
      (thread) => thread.call(name, given),
      (error: unknown) => Promise.reject(unavailable(error)),
    );
  }

  #start(): Promise<StoreThread> {
    this.#starting ??= StoreThread.start(this.#path)
      .then(({ thread, durability }) => {
        this.#thread = thread;
        this.#durability = durability;
        return thread;
      })
      .finally(() => {
        this.#starting = null;
      });
    return this.#starting;
  }

  async #stop(): Promise<void> {
    // A start that fails has nothing to stop; whoever asked for it is told why.
    await this.#starting?.catch(() => {});
    await this.#thread?.stop();
  }

  /** A method, because the state may have changed during an await. */
  #isClosed(): boolean {
    return this.#state === "closed";
  }
}

function parsed<Value>(text: string | null): Value | null {
  return text === null ? null : (parseJson(text) as Value);
}

function closed(): ChatError {
  return new ChatError("closed", "unable to use store; it is not open");
}

function unavailable(cause: unknown): ChatError {
  return new ChatError(
    "unavailable",
    "unable to use store; its thread has ended, and another could not open the file",
    {
      retryAfterMs: RETRY_AFTER_MS,
      cause,
    },
  );
}
