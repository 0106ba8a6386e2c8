import type { Epoch, EventRow, UserId } from "@earshot/protocol";
import type { Append, AppendKey, AppendResult } from "../ports/message-store.ts";

/** What is kept of a key. */
interface StoredKey {
  readonly hash: string;
  readonly seq: number;
  readonly ord: number;
  readonly at: number;
}

/** The senders' keys of one conversation. They outlive content and membership. */
export class MemoryKeys {
  readonly #stored = new Map<string, StoredKey>();

  /** I4: the answer to a repeat; null: the entry's key is new, or it has none. */
  answerTo({ user, key }: Pick<Append, "user" | "key">, epoch: Epoch): AppendResult | null {
    const stored = key && this.#stored.get(nameOf(user, key));
    if (stored === undefined) return null;
    if (stored.hash !== key?.hash) return { kind: "refused", code: "conflict" };
    const { seq, ord, at } = stored;
    return { kind: "duplicate", epoch, seq, ord, at };
  }

  keep(key: AppendKey, { from, seq, ord, at }: EventRow): void {
    this.#stored.set(nameOf(from, key), { hash: key.hash, seq, ord, at });
  }
}

/** No id holds a space. */
function nameOf(user: UserId, { id }: AppendKey): string {
  return `${user} ${id}`;
}
