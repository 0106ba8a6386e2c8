import {
  ChatError,
  type ConversationId,
  type GatewayFrame,
  isChatError,
  type NodeId,
  type PresenceRow,
  type UserId,
} from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { PresenceSession, PresenceStore } from "../ports/presence-store.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { Doubt } from "./doubt.ts";
import { PresenceNews, type PresenceWatcher } from "./presence-news.ts";
import { presenceRow, samePresence } from "./presence-state.ts";
import { Refresh } from "./refresh.ts";
import { confirmSights, type Sight } from "./sights.ts";
import { type Watch, Watches } from "./watches.ts";

/** Changes are gathered this long before they are told. */
const MERGE_MS = 1_000;

export interface PresenceBoardSurroundings {
  /** This node's name in the registry. */
  readonly node: NodeId;
  readonly store: Pick<PresenceStore, "of" | "onChange">;
  readonly clock: Pick<Clock, "after" | "endOfTurn" | "monotonic">;
  readonly logger: Logger;
  readonly limits: { readonly subscriptionsMax: number };
  /** This node's own sessions of a user that count as here: known at once, also while the store fails. */
  here(user: UserId): Iterable<PresenceSession>;
  /** Whether the viewers may still see these users, as the message store has it; null: this node is alone, and hears of every change and of every right that ends. */
  readonly confirm: ((sights: readonly Sight[]) => Promise<readonly boolean[]>) | null;
  encode(frame: GatewayFrame): EncodedFrames;
}

/** A watch that was asked for and stands already, so that nothing is missed while rights are looked up. */
export interface WatchOpening {
  /**
   * Keeps the watch of these users and lets go of the others; gives where they stand, in this order,
   * without those who left meanwhile. Rejects with `too_large`, or as the store does; nothing was begun then.
   */
  allow(users: readonly UserId[]): Promise<readonly PresenceRow[]>;
  /** Lets go of everything that was asked for. */
  cancel(): void;
}

interface Read {
  /** Rises with every read that is begun: what an earlier one saw never comes after a later one. */
  readonly number: number;
  readonly rows: readonly PresenceRow[];
}

/**
 * Who watches whom on this node: tells each session once a second what has changed since it was told
 * last, in one frame, and nobody else anything.
 */
export class PresenceBoard {
  readonly #house: PresenceBoardSurroundings;
  readonly #watches = new Watches<PresenceWatcher>();
  /** Watched users of whom something has changed. */
  readonly #changed = new Set<UserId>();
  readonly #news: PresenceNews;
  readonly #doubt: Doubt;
  readonly #refresh: Refresh;
  /** The store has failed since all watched users were last read: it may have told of changes that nobody heard. */
  #missed = false;
  #reads = 0;
  #timer: Timer | null = null;
  #telling = false;
  #failing = false;
  #undo: (() => void) | null = null;

  constructor(house: PresenceBoardSurroundings) {
    this.#house = house;
    this.#news = new PresenceNews(house, this.#watches);
    this.#doubt = new Doubt(house.clock);
    this.#refresh = new Refresh({ ...house, watched: this.#watches, look: (users) => this.changed(users) });
  }

  /** Back at 0 when the sessions that watch have ended: they, users watched, conversations stood on, sessions with news on its way. */
  get sizes(): Readonly<Record<"watchers" | "watched" | "grounds" | "waiting", number>> {
    const { watchers, watched, grounds } = this.#watches;
    return { watchers, watched, grounds, waiting: this.#news.size };
  }

  /** Begins to listen. */
  start(): void {
    this.#undo ??= this.#house.store.onChange((users) => this.changed(users));
  }

  /** Tells nobody anything any longer. */
  stop(): void {
    this.#undo?.();
    this.#undo = null;
    this.#timer?.cancel();
    this.#timer = null;
    this.#refresh.stop();
    this.#changed.clear();
  }

  /** Something has changed with these users, in the store or on this node. */
  changed(users: readonly UserId[]): void {
    for (const user of users) if (this.#watches.has(user)) this.#changed.add(user);
    this.#tellLater();
  }

  /** The store has failed this node. When it answers again, all who are watched are looked at. */
  troubled(): void {
    this.#doubt.arise();
    this.#missed = true;
    for (const user of this.#watches.users()) {
      this.changed([user]);
      return;
    }
  }

  /** Where these users stand now, in the order asked. Rejects as the store does. */
  async see(users: readonly UserId[]): Promise<readonly PresenceRow[]> {
    return (await this.#read(users)).rows;
  }

  /** Begins to watch users on a shared conversation, if they turn out to be allowed. One at a time for each session. */
  open(watcher: PresenceWatcher, c: ConversationId, users: readonly UserId[]): WatchOpening {
    const added = users.filter((user) => this.#watches.add(watcher, c, user));
    if (this.#house.confirm !== null && this.#undo !== null) this.#refresh.start();
    const cancel = (): void => {
      for (const user of added) this.#watches.drop(watcher, c, user);
    };
    return { cancel, allow: (allowed) => this.#allow(watcher, c, users, allowed, cancel) };
  }

  /** Ends a session's watch of these users, or of all. */
  unwatch(watcher: PresenceWatcher, users?: readonly UserId[]): void {
    this.#watches.end(watcher, users);
    if (this.#watches.watched === 0) this.#refresh.stop();
  }

  /** The session has ended. */
  end(watcher: PresenceWatcher): void {
    this.unwatch(watcher);
    this.#news.forget(watcher);
  }

  /** These users are no members of the conversation any longer. */
  left(c: ConversationId, users: Iterable<UserId>): void {
    this.#watches.left(c, users);
  }

  /** The conversation is removed. */
  gone(c: ConversationId): void {
    this.#watches.gone(c);
  }

  /** One of the two has blocked the other. */
  blocked(user: UserId, other: UserId): void {
    this.#watches.part(user, other);
  }

  async #allow(
    watcher: PresenceWatcher,
    c: ConversationId,
    asked: readonly UserId[],
    allowed: readonly UserId[],
    cancel: () => void,
  ): Promise<readonly PresenceRow[]> {
    const askedAt = this.#house.clock.monotonic();
    const kept = new Set(allowed);
    for (const user of asked) if (!kept.has(user)) this.#watches.drop(watcher, c, user);
    const { subscriptionsMax } = this.#house.limits;
    if (this.#watches.countOf(watcher) > subscriptionsMax) {
      cancel();
      throw new ChatError("too_large", `unable to watch; a session may watch ${subscriptionsMax} users`);
    }
    let read: Read;
    try {
      read = await this.#read(allowed);
    } catch (error) {
      cancel();
      throw error;
    }
    return read.rows.flatMap((row) => {
      const watch = this.#watches.get(watcher, row.user);
      if (watch === undefined || !watch.grounds.has(c)) return [];
      this.#watches.trim(watcher, row.user);
      watch.confirmedAt = askedAt;
      return [answered(watch, read.number, row)];
    });
  }

  async #read(users: readonly UserId[]): Promise<Read> {
    const { store, node, here } = this.#house;
    const number = ++this.#reads;
    const found = await store.of(users);
    const rows = found.map(({ user, sessions, seen }) => {
      const elsewhere = sessions.filter((session) => session.node !== node);
      return presenceRow(user, [...here(user), ...elsewhere], seen);
    });
    return { number, rows };
  }

  #tellLater(): void {
    if (this.#timer !== null || this.#telling || this.#changed.size === 0 || this.#undo === null) return;
    this.#timer = this.#house.clock.after(MERGE_MS, () => {
      this.#timer = null;
      this.#telling = true;
      void this.#readChanged().finally(() => {
        this.#telling = false;
        this.#tellLater();
      });
    });
  }

  async #readChanged(): Promise<void> {
    const users = [...this.#changed].filter((user) => this.#watches.has(user));
    this.#changed.clear();
    for (let from = 0; from < users.length && this.#undo !== null; from += FIXED_LIMITS.presencePerCallMax) {
      const batch = users.slice(from, from + FIXED_LIMITS.presencePerCallMax);
      try {
        await this.#heedChanged(batch);
        this.#failing = false;
      } catch (error) {
        if (isChatError(error) && error.code === "closed") return;
        if (!this.#failing) this.#house.logger.warn({ users: batch.length }, "unable to read presence; trying again");
        this.#failing = true;
        this.changed(batch);
      }
    }
  }

  async #heedChanged(users: readonly UserId[]): Promise<void> {
    let read: Read;
    try {
      read = await this.#read(users);
    } catch (error) {
      this.#doubt.arise();
      this.#missed = true;
      throw error;
    }
    if (this.#missed) {
      this.#missed = false;
      for (const user of this.#watches.users()) this.#changed.add(user);
    }
    const { clock, confirm } = this.#house;
    if (confirm !== null) await confirmSights(this.#watches, read.rows, clock.monotonic(), confirm);
    this.#heed(read);
  }

  /** Notes for each watcher what is news to it. */
  #heed({ number, rows }: Read): void {
    for (const row of rows) {
      const watches = [...this.#watches.of(row.user)];
      const shown = watches.some(([, { told }]) => told !== null && told.status !== "offline");
      if (this.#doubt.holds(row, shown)) {
        this.#changed.add(row.user);
        continue;
      }
      for (const [watcher, watch] of watches) {
        if (watch.read > number) continue;
        watch.read = number;
        watch.news = watch.told !== null && samePresence(watch.told, row) ? null : row;
        if (watch.news !== null) this.#news.add(watcher, row.user);
      }
    }
  }
}

/** What a watch answers: what was read for it, unless something newer has been seen since. */
function answered(watch: Watch, number: number, row: PresenceRow): PresenceRow {
  const told = watch.read > number ? (watch.news ?? watch.told ?? row) : row;
  Object.assign(watch, { told, news: null, read: Math.max(watch.read, number) });
  return told;
}
