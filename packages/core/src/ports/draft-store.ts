import type { Append, AppendKey, AppendResult } from "./append.ts";

/** What is to be appended once the host's transaction has committed; its time is that of its numbering. */
export type DraftAppend = Omit<Append, "at"> & { readonly key: AppendKey };

/** Why a draft was not appended, for good. */
export type DraftRefusal = Extract<AppendResult, { readonly kind: "refused" }>;

/** A draft as the store has it. */
export interface KeptDraft {
  /** The store's own name for it. */
  readonly mark: string;
  readonly entry: DraftAppend;
}

/** A draft that was refused, and is kept until the host was told. */
export interface KeptRefusal extends KeptDraft {
  readonly refusal: DraftRefusal;
}

/**
 * Messages that the host has stored in transactions of its own, until they are numbered: what a `MessageStore` has as
 * `drafts` whose storage can be the host's too. A draft is there when its transaction commits, never when that is
 * rolled back. Whoever finds it appends it under its key, as often as need be, and settles it: the key makes
 * it one event (I4), whoever else does so at the same time, and however late.
 *
 * Every method rejects as those of `MessageStore` do: `closed` before `open` and after `close`, `unavailable` when the
 * storage cannot answer just now.
 */
export interface DraftStore {
  /**
   * Stores a draft by the host's own transaction, in one statement; resolves with its mark. Nothing of it is
   * there before that transaction commits, also not for this store, and nothing if it does not. A second one
   * of the same key is a draft of its own, with a mark of its own. After a rejection the transaction has to be rolled
   * back. Rejects with `invalid` for what is no transaction of this storage.
   */
  put(tx: unknown, entry: DraftAppend): Promise<string>;

  /**
   * Committed drafts that are neither settled nor refused, those of one transaction in the order in which they were
   * stored, at most `limit` above a mark (null: from the first). One that commits later may stand below a mark that was
   * passed: begin from null again.
   */
  waiting(after: string | null, limit: number): Promise<readonly KeptDraft[]>;

  /**
   * Forgets those that are `done`, and keeps those that are `refused` until they are; refused ones that were kept for `keepMs`, by the
   * store's own time, go too. One step; what is gone already is no error, and a refusal stays the first one.
   */
  settle(
    done: readonly string[],
    refused: readonly (readonly [mark: string, refusal: DraftRefusal])[],
    keepMs: number,
  ): Promise<void>;

  /** Takes refused drafts into hand, oldest first: nobody else is given one within `againMs`, by the store's own time, and everybody after it. */
  refused(limit: number, againMs: number): Promise<readonly KeptRefusal[]>;

  /** How a draft stands; null: it is not committed, or was settled. */
  find(mark: string): Promise<"waiting" | DraftRefusal | null>;

  /** Told that drafts may have been committed: a hint, which may be missing. Returns its undo; tells nothing after `close`. */
  onCommit(listener: () => void): () => void;
}
