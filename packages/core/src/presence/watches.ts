import type { ConversationId, PresenceRow, UserId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";

/** One session's interest in one user. */
export interface Watch {
  /** Shared conversations that it was asked for in; without one left it is over. */
  readonly grounds: Set<ConversationId>;
  /** What the watcher was told last; null: not answered yet. */
  told: PresenceRow | null;
  /** The number of the newest read that this watch has heeded. */
  read: number;
  /** What is newer than `told`, and still to be told. */
  news: PresenceRow | null;
  /** When the store was last asked whether the watcher may see it, monotonic ms. */
  confirmedAt: number;
}

/** Who watches whom, and on which grounds. `Watcher`: a session. */
export class Watches<Watcher extends { readonly user: UserId }> {
  readonly #watchers = new Map<Watcher, Map<UserId, Watch>>();
  readonly #watched = new Map<UserId, Map<Watcher, Watch>>();
  readonly #grounds = new Map<ConversationId, Map<Watcher, Set<UserId>>>();

  /** Sessions that watch somebody. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /** Users whom somebody watches. */
  get watched(): number {
    return this.#watched.size;
  }

  /** Conversations that some watch stands on. */
  get grounds(): number {
    return this.#grounds.size;
  }

  /** Whom somebody watches. */
  users(): Iterable<UserId> {
    return this.#watched.keys();
  }

  has(user: UserId): boolean {
    return this.#watched.has(user);
  }

  /** Users whom this session watches. */
  countOf(watcher: Watcher): number {
    return this.#watchers.get(watcher)?.size ?? 0;
  }

  get(watcher: Watcher, user: UserId): Watch | undefined {
    return this.#watchers.get(watcher)?.get(user);
  }

  /** Whoever watches the user. */
  of(user: UserId): Iterable<readonly [Watcher, Watch]> {
    return this.#watched.get(user) ?? [];
  }

  /** Adds a ground to a watch, which begins if it was none. Whether the ground is new. */
  add(watcher: Watcher, c: ConversationId, user: UserId): boolean {
    let watch = this.get(watcher, user);
    if (watch === undefined) {
      watch = { grounds: new Set(), told: null, read: 0, news: null, confirmedAt: Number.NEGATIVE_INFINITY };
      within(this.#watchers, watcher).set(user, watch);
      within(this.#watched, user).set(watcher, watch);
    }
    if (watch.grounds.has(c)) return false;
    watch.grounds.add(c);
    const byWatcher = within(this.#grounds, c);
    const users = byWatcher.get(watcher);
    if (users === undefined) byWatcher.set(watcher, new Set([user]));
    else users.add(user);
    return true;
  }

  /** Forgets the earliest grounds over the bound. */
  trim(watcher: Watcher, user: UserId): void {
    const grounds = this.get(watcher, user)?.grounds;
    for (const c of grounds ?? []) {
      if ((grounds?.size ?? 0) <= FIXED_LIMITS.groundsPerWatchMax) return;
      this.drop(watcher, c, user);
    }
  }

  /** Takes one ground away; with the last one the watch ends. */
  drop(watcher: Watcher, c: ConversationId, user: UserId): void {
    const watch = this.get(watcher, user);
    if (watch === undefined || !watch.grounds.delete(c)) return;
    const byWatcher = this.#grounds.get(c);
    const users = byWatcher?.get(watcher);
    users?.delete(user);
    if (users?.size === 0) byWatcher?.delete(watcher);
    if (byWatcher?.size === 0) this.#grounds.delete(c);
    if (watch.grounds.size > 0) return;
    const byUser = this.#watchers.get(watcher);
    byUser?.delete(user);
    if (byUser?.size === 0) this.#watchers.delete(watcher);
    const watchers = this.#watched.get(user);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#watched.delete(user);
  }

  /** Ends a session's watch of these users, or of all. */
  end(watcher: Watcher, users: Iterable<UserId> = this.#watchers.get(watcher)?.keys() ?? []): void {
    for (const user of [...users]) {
      for (const c of [...(this.get(watcher, user)?.grounds ?? [])]) this.drop(watcher, c, user);
    }
  }

  /** These users are no members of the conversation any more: they neither watch nor are watched on it. */
  left(c: ConversationId, users: Iterable<UserId>): void {
    const gone = new Set(users);
    for (const [watcher, watched] of [...(this.#grounds.get(c) ?? [])]) {
      const over = gone.has(watcher.user) ? [...watched] : [...watched].filter((user) => gone.has(user));
      for (const user of over) this.drop(watcher, c, user);
    }
  }

  /** The conversation is no more. */
  gone(c: ConversationId): void {
    for (const [watcher, watched] of [...(this.#grounds.get(c) ?? [])]) {
      for (const user of [...watched]) this.drop(watcher, c, user);
    }
  }

  /** Neither of the two watches the other any longer. */
  part(one: UserId, other: UserId): void {
    for (const [user, by] of [
      [one, other],
      [other, one],
    ] as const) {
      for (const [watcher] of [...this.of(user)]) if (watcher.user === by) this.end(watcher, [user]);
    }
  }
}

function within<Key, Inner, Value>(outer: Map<Key, Map<Inner, Value>>, key: Key): Map<Inner, Value> {
  let inner = outer.get(key);
  if (inner === undefined) {
    inner = new Map();
    outer.set(key, inner);
  }
  return inner;
}
