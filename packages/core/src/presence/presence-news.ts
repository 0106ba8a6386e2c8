import type { GatewayFrame, PresenceRow, UserId } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import type { Watches } from "./watches.ts";

/** Sessions told in one turn of the event loop. */
const TOLD_PER_TURN = 500;

/** A session that watches. */
export interface PresenceWatcher {
  readonly user: UserId;
  /** Resolves when its socket has room. */
  drained(): Promise<void>;
  tell(frames: EncodedFrames): void;
}

export interface PresenceNewsSurroundings {
  readonly clock: Pick<Clock, "endOfTurn">;
  encode(frame: GatewayFrame): EncodedFrames;
}

/**
 * Brings sessions what is news to them: one frame each, when their socket has room, and until then
 * only the latest of each user is kept. Never before the answer that is on its way in this turn.
 */
export class PresenceNews {
  readonly #house: PresenceNewsSurroundings;
  readonly #watches: Watches<PresenceWatcher>;
  /** Watchers with news, and of whom. */
  readonly #waiting = new Map<PresenceWatcher, Set<UserId>>();
  /** Those whose socket has room. */
  #ready: PresenceWatcher[] = [];
  /** One row is mostly news to many: it is encoded once. */
  readonly #encoded = new WeakMap<PresenceRow, EncodedFrames>();

  constructor(house: PresenceNewsSurroundings, watches: Watches<PresenceWatcher>) {
    this.#house = house;
    this.#watches = watches;
  }

  /** Watchers who are still to be told something. */
  get size(): number {
    return this.#waiting.size;
  }

  /** There is news of the user in this session's watch. */
  add(watcher: PresenceWatcher, user: UserId): void {
    const users = this.#waiting.get(watcher);
    if (users !== undefined) {
      users.add(user);
      return;
    }
    this.#waiting.set(watcher, new Set([user]));
    void watcher.drained().then(() => {
      this.#ready.push(watcher);
      if (this.#ready.length === 1) this.#house.clock.endOfTurn(() => this.#tellReady());
    });
  }

  /** The session has ended. */
  forget(watcher: PresenceWatcher): void {
    this.#waiting.delete(watcher);
  }

  #tellReady(): void {
    for (const watcher of this.#ready.splice(0, TOLD_PER_TURN)) {
      const users = this.#waiting.get(watcher);
      this.#waiting.delete(watcher);
      if (users !== undefined) this.#tell(watcher, users);
    }
    if (this.#ready.length > 0) this.#house.clock.endOfTurn(() => this.#tellReady());
  }

  #tell(watcher: PresenceWatcher, news: Iterable<UserId>): void {
    const users: PresenceRow[] = [];
    for (const user of news) {
      const watch = this.#watches.get(watcher, user);
      // What comes before the first answer is told by it.
      if (watch === undefined || watch.told === null || watch.news === null) continue;
      users.push(watch.news);
      watch.told = watch.news;
      watch.news = null;
    }
    if (users.length > 0) watcher.tell(this.#encode(users));
  }

  #encode(users: readonly PresenceRow[]): EncodedFrames {
    const only = users.length === 1 ? users[0] : undefined;
    const known = only === undefined ? undefined : this.#encoded.get(only);
    if (known !== undefined) return known;
    const frames = this.#house.encode({ t: "presence", users });
    if (only !== undefined) this.#encoded.set(only, frames);
    return frames;
  }
}
