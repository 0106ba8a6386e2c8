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
  /** Nearly everybody has one: then no list stands for it. */
  readonly #users = new Map<UserId, SessionId | readonly SessionId[]>();

  get size(): number {
    return this.#sessions.size;
  }

  get(session: SessionId): CountedSession | undefined {
    return this.#sessions.get(session);
  }

  of(user: UserId): readonly CountedSession[] {
    const found: CountedSession[] = [];
    for (const id of this.#idsOf(user)) {
      const session = this.#sessions.get(id);
      if (session !== undefined) found.push(session);
    }
    return found;
  }

  /** Adds it, or puts it in the place of what was known of it. */
  set(session: CountedSession): void {
    this.#sessions.set(session.session, session);
    const ids = this.#idsOf(session.user);
    if (ids.includes(session.session)) return;
    this.#users.set(session.user, ids.length === 0 ? session.session : [...ids, session.session]);
  }

  delete({ session, user }: Pick<CountedSession, "session" | "user">): void {
    this.#sessions.delete(session);
    const left = this.#idsOf(user).filter((id) => id !== session);
    const [only] = left;
    if (only === undefined) this.#users.delete(user);
    else this.#users.set(user, left.length === 1 ? only : left);
  }

  clear(): void {
    this.#sessions.clear();
    this.#users.clear();
  }

  /** How many of these users have a session that others may see. */
  online(users: Iterable<UserId>): number {
    let online = 0;
    for (const user of users) {
      for (const id of this.#idsOf(user)) {
        if (this.#sessions.get(id)?.activity === "invisible") continue;
        online++;
        break;
      }
    }
    return online;
  }

  #idsOf(user: UserId): readonly SessionId[] {
    const ids = this.#users.get(user) ?? NONE;
    return typeof ids === "string" ? [ids] : ids;
  }
}
