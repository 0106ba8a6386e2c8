import type { UserId } from "@earshot/protocol";
import type { Revocations } from "../ports/message-store.ts";

interface Revocation {
  readonly mark: number;
  /** By the clock that the caller tells the time with. */
  readonly until: number;
}

/** The latest revocation of each user, until nothing that was signed before it can hold. */
export class MemoryRevocations {
  /** Ascending by mark. */
  readonly #of = new Map<UserId, Revocation>();
  #mark = 0;

  /** As `MessageStore.revoke`; `now` in ms. */
  revoke(user: UserId, keepMs: number, now: number): number {
    this.#mark += 1;
    const until = Math.max(now + keepMs, this.#of.get(user)?.until ?? 0);
    this.#of.delete(user);
    this.#of.set(user, { mark: this.#mark, until });
    return this.#mark;
  }

  /** As `MessageStore.revocations`; forgets what is kept no longer. */
  above(after: number, limit: number, now: number): Revocations {
    const revoked: (readonly [UserId, number])[] = [];
    for (const [user, { mark, until }] of this.#of) {
      if (until <= now) this.#of.delete(user);
      else if (mark > after) revoked.push([user, mark]);
    }
    const page = revoked.slice(0, limit);
    const more = revoked.length > page.length;
    return { revoked: page, mark: (more ? page.at(-1)?.[1] : this.#mark) ?? after, more };
  }

  clear(): void {
    this.#of.clear();
  }
}
