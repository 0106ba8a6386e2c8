import type { Epoch, EventRow, UserId } from "@earshot/protocol";
import type { Append, AppendKey, AppendResult } from "../ports/append.ts";

/** What is kept of a key. */
interface StoredKey {
  /** null: their sender was erased, and any content is the one that was sent. */
  readonly hash: string | null;
  readonly seq: number;
  readonly ord: number;
  readonly at: number;
  readonly rewritten?: true;
}

/** The senders' keys of one conversation. They outlive content and membership. */
export class MemoryKeys {
  readonly #stored = new Map<string, StoredKey>();

  /** I4: the answer to a repeat; null: the entry's key is new, or it has none. */
  answerTo({ user, key }: Pick<Append, "user" | "key">, epoch: Epoch): AppendResult | null {
    const stored = key && this.#stored.get(nameOf(user, key));
    if (stored === undefined) return null;
    const { hash, ...answer } = stored;
    if (hash !== null && hash !== key?.hash) return { kind: "refused", code: "conflict" };
    return { kind: "duplicate", epoch, ...answer };
  }

  keep(key: AppendKey, { from, seq, ord, at }: EventRow): void {
    const { hash, rewritten } = key;
    this.#stored.set(nameOf(from, key), { hash, seq, ord, at, ...(rewritten && { rewritten }) });
  }

  /** From now on a user's keys take any content as the one that was sent. */
  forgetContent(user: UserId): void {
    for (const [name, stored] of this.#stored) {
      if (name.startsWith(`${user} `)) this.#stored.set(name, { ...stored, hash: null });
    }
  }
}

/** No id holds a space. */
function nameOf(user: UserId, { id }: AppendKey): string {
  return `${user} ${id}`;
}
