import type { EventRow, UserId } from "@earshot/protocol";
import { firstIndex } from "./first-index.ts";

/** Whom the messages of one conversation name. What is kept of one that names all does not grow with the members. */
export class MemoryMentions {
  /** Of each member who was named the seqs above their `read`, ascending. */
  readonly #named = new Map<UserId, Set<number>>();
  /** Messages that name all, ascending. */
  readonly #all: EventRow[] = [];

  /** `isMember`: who is none has nothing to count. */
  add(message: EventRow, isMember: (user: UserId) => boolean): void {
    if (message.mentions === "all") {
      this.#all.push(message);
      return;
    }
    for (const user of message.mentions ?? []) {
      if (user === message.from || !isMember(user)) continue;
      const seqs = this.#named.get(user);
      if (seqs === undefined) this.#named.set(user, new Set([message.seq]));
      else seqs.add(message.seq);
    }
  }

  /** Takes back what a message added. */
  remove(message: EventRow): void {
    if (message.mentions === "all") {
      this.#all.splice(this.#indexInAll(message.seq), 1);
      return;
    }
    for (const user of message.mentions ?? []) this.#named.get(user)?.delete(message.seq);
  }

  /** Everything below `first` is gone. */
  cut(first: number): void {
    this.#all.splice(0, this.#indexInAll(first));
    for (const user of this.#named.keys()) this.read(user, first - 1);
  }

  /** The user's `read` has risen. */
  read(user: UserId, read: number): void {
    const seqs = this.#named.get(user);
    if (seqs === undefined) return;
    for (const seq of seqs) {
      if (seq > read) return;
      seqs.delete(seq);
    }
    this.#named.delete(user);
  }

  /** The user is no member any more. */
  forget(user: UserId): void {
    this.#named.delete(user);
  }

  count(user: UserId, read: number): number {
    let count = this.#named.get(user)?.size ?? 0;
    for (let at = this.#all.length - 1; at >= 0; at--) {
      const message = this.#all[at];
      if (message === undefined || message.seq <= read) break;
      if (message.from !== user) count += 1;
    }
    return count;
  }

  /** Of the first that names all and is not below `seq`. */
  #indexInAll(seq: number): number {
    return firstIndex(this.#all.length, (index) => (this.#all[index]?.seq ?? 0) >= seq);
  }
}
