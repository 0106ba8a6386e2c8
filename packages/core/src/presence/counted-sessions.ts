import type { SessionId, UserId } from "@earshot/protocol";
import type { PresenceSession } from "../ports/presence-store.ts";

/** A session that counts as here. */
export interface CountedSession extends PresenceSession {
  /** Monotonic ms of the last sign of life of one that has left; null: it is open. */
  readonly leftAt: number | null;
}

const NONE: readonly never[] = [];

/** This node's own part of the truth, at once and without the store: user → sessions that count as here. */
export class CountedSessions {
  readonly #sessions = new Map<SessionId, CountedSession>();
  /** Lists, since nearly everybody has one or two. */
  readonly #users = new Map<UserId, readonly SessionId[]>();

  get size(): number {
    return this.#sessions.size;
  }

  get(session: SessionId): CountedSession | undefined {
    return this.#sessions.get(session);
  }

  of(user: UserId): readonly CountedSession[] {
    const found: CountedSession[] = [];
    for (const id of this.#users.get(user) ?? NONE) {
      const session = this.#sessions.get(id);
      if (session !== undefined) found.push(session);
    }
    return found;
  }

  /** Adds it, or puts it in the place of what was known of it. */
  set(session: CountedSession): void {
    this.#sessions.set(session.session, session);
    const ids = this.#users.get(session.user) ?? NONE;
    if (ids.includes(session.session)) return;
    // A list that is spread into has room for sixteen more.
    this.#users.set(session.user, ids.length === 0 ? [session.session] : [...ids, session.session]);
  }

  delete({ session, user }: Pick<CountedSession, "session" | "user">): void {
    this.#sessions.delete(session);
    const left = (this.#users.get(user) ?? NONE).filter((id) => id !== session);
    if (left.length > 0) this.#users.set(user, left);
    else this.#users.delete(user);
  }

  clear(): void {
    this.#sessions.clear();
    this.#users.clear();
  }

  /** How many of these users have a session that others may see. */
  online(users: Iterable<UserId>): number {
    let online = 0;
    for (const user of users) {
      for (const id of this.#users.get(user) ?? NONE) {
        if (this.#sessions.get(id)?.activity === "invisible") continue;
        online++;
        break;
      }
    }
    return online;
  }
}
