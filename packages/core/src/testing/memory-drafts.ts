import { ChatError, type UserId } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { DraftAppend, DraftRefusal, DraftStore, KeptDraft, KeptRefusal } from "../ports/draft-store.ts";
import type { MessageStore } from "../ports/message-store.ts";

interface Held {
  readonly mark: string;
  readonly entry: DraftAppend;
  refusal: DraftRefusal | null;
  refusedAt: number;
  takenAt: number;
}

/** A host's transaction that holds drafts until it ends. */
export class MemoryTransaction {
  readonly #drafts: MemoryDrafts;
  #held: Held[] = [];

  constructor(drafts: MemoryDrafts) {
    this.#drafts = drafts;
  }

  hold(held: Held): void {
    this.#held.push(held);
  }

  commit(): void {
    this.#drafts.committed(this.#held);
    this.#held = [];
  }

  rollback(): void {
    this.#held = [];
  }
}

/** Drafts in memory, for tests of what numbers them; a database of the host's is where they belong. */
export class MemoryDrafts implements DraftStore {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #listeners = new Set<() => void>();
  #all: Held[] = [];
  #made = 0;
  /** Whether commits are told of. */
  tells = true;
  open = false;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#all.length;
  }

  begin(): MemoryTransaction {
    return new MemoryTransaction(this);
  }

  committed(held: readonly Held[]): void {
    this.#all = [...this.#all, ...held].sort((a, b) => Number(a.mark) - Number(b.mark));
    if (this.tells) for (const listener of [...this.#listeners]) listener();
  }

  erase(user: UserId): void {
    this.#all = this.#all.filter(({ entry }) => entry.user !== user);
  }

  async put(tx: unknown, entry: DraftAppend): Promise<string> {
    this.#requireOpen();
    if (!(tx instanceof MemoryTransaction))
      throw new ChatError("invalid", "unable to store draft; tx is none of these");
    const mark = String(++this.#made);
    tx.hold({ mark, entry: structuredClone(entry), refusal: null, refusedAt: 0, takenAt: Number.NEGATIVE_INFINITY });
    return mark;
  }

  async waiting(after: string | null, limit: number): Promise<readonly KeptDraft[]> {
    this.#requireOpen();
    const above = this.#all.filter(({ mark, refusal }) => refusal === null && Number(mark) > Number(after ?? 0));
    return above.slice(0, limit).map(({ mark, entry }) => ({ mark, entry }));
  }

  async settle(
    done: readonly string[],
    refused: readonly (readonly [mark: string, refusal: DraftRefusal])[],
    keepMs: number,
  ): Promise<void> {
    this.#requireOpen();
    const now = this.#clock.monotonic();
    this.#all = this.#all.filter(({ mark }) => !done.includes(mark));
    for (const [mark, refusal] of refused) {
      const held = this.#all.find((each) => each.mark === mark && each.refusal === null);
      if (held !== undefined) Object.assign(held, { refusal, refusedAt: now });
    }
    if (refused.length === 0) return;
    this.#all = this.#all.filter(({ refusal, refusedAt }) => refusal === null || refusedAt >= now - keepMs);
  }

  async refused(limit: number, againMs: number): Promise<readonly KeptRefusal[]> {
    this.#requireOpen();
    const now = this.#clock.monotonic();
    const taken = this.#all.filter(({ refusal, takenAt }) => refusal !== null && takenAt <= now - againMs);
    return taken.slice(0, limit).flatMap((held) => {
      held.takenAt = now;
      return held.refusal === null ? [] : [{ mark: held.mark, entry: held.entry, refusal: held.refusal }];
    });
  }

  async find(mark: string): Promise<"waiting" | DraftRefusal | null> {
    this.#requireOpen();
    const held = this.#all.find((each) => each.mark === mark);
    return held === undefined ? null : (held.refusal ?? "waiting");
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #requireOpen(): void {
    if (!this.open) throw new ChatError("closed", "unable to use store; it is not open");
  }
}

/** The same store, on whose storage hosts may have transactions. */
export function withDrafts(store: MessageStore, drafts: MemoryDrafts): MessageStore {
  const own: Partial<MessageStore> = {
    drafts,
    open: async () => {
      await store.open();
      drafts.open = true;
    },
    close: async () => {
      drafts.open = false;
      await store.close();
    },
    erase: async (user, conversation) => {
      await store.erase(user, conversation);
      if (conversation === null) drafts.erase(user);
    },
  };
  return new Proxy(store, {
    get: (target, name: keyof MessageStore) => {
      const value: unknown = own[name] ?? target[name];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
