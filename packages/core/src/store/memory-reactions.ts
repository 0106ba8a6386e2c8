import type { EventRow, UserId } from "@earshot/protocol";
import type { ReactionChange } from "../ports/append.ts";

/** Who reacts how to the messages of one conversation, by their seqs. */
export class MemoryReactions {
  /** Of each message its keys in the order in which they came up, and who stands behind each: never nobody. */
  readonly #of = new Map<number, Map<string, Set<UserId>>>();

  set(seq: number, user: UserId, { key, on }: ReactionChange): void {
    const keys = this.#of.get(seq) ?? new Map<string, Set<UserId>>();
    const users = keys.get(key) ?? new Set();
    if (on) users.add(user);
    else users.delete(user);
    if (users.size > 0) keys.set(key, users);
    else keys.delete(key);
    if (keys.size > 0) this.#of.set(seq, keys);
    else this.#of.delete(seq);
  }

  /** How many keys the message would have afterwards, at most. */
  keysWith(seq: number, { key, on }: ReactionChange): number {
    const keys = this.#of.get(seq);
    return (keys?.size ?? 0) + (on && !keys?.has(key) ? 1 : 0);
  }

  /** As a row carries them; undefined where there are none. */
  rowsOf(seq: number, reader: UserId | null): EventRow["reactions"] {
    const keys = this.#of.get(seq);
    return keys && Array.from(keys, ([key, users]) => [key, users.size, reader !== null && users.has(reader)]);
  }

  /** Takes back all that a user has set. */
  forgetUser(user: UserId): void {
    for (const [seq, keys] of this.#of) for (const key of keys.keys()) this.set(seq, user, { key, on: false });
  }

  forget(seq: number): void {
    this.#of.delete(seq);
  }
}
