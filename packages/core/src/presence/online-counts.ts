import { type ConversationId, LIMITS, type PresenceRow, type UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { Clock } from "../ports/clock.ts";
import type { Access } from "../ports/pages.ts";

/** How long a large conversation's count is taken for right: reading its members costs their number. */
const KEPT_MS = 5_000;
/** The same of who is on other nodes, in a small one: a thousand who come back ask for it once. */
const ELSEWHERE_KEPT_MS = 1_000;
/** Users in one read of the presence store. */
const PAGE_USERS = 1_000;

export interface OnlineCountsSurroundings {
  readonly clock: Pick<Clock, "monotonic">;
  readonly limits: { readonly rememberedMax: number };
  /** The members as of there or later. */
  members(c: ConversationId, asOf: Pick<Access, "epoch" | "membersVersion">): Promise<Iterable<UserId>>;
  /** How many of these are here and to be seen. */
  online(users: Iterable<UserId>): number;
  /** Where these stand, on all nodes. Rejects as the presence store does. */
  see(users: readonly UserId[]): Promise<readonly PresenceRow[]>;
}

interface Kept<T> {
  readonly at: number;
  readonly what: Promise<T>;
}

type Members = Pick<Access, "members" | "epoch" | "membersVersion">;

/**
 * How many of a conversation's members are online, on whatever node: in small ones exact of this node and up to a second
 * old of others, in large ones up to 5 s old. While the presence store fails, this node's own alone.
 */
export class OnlineCounts {
  readonly #house: OnlineCountsSurroundings;
  readonly #counts: LRUCache<ConversationId, Kept<number>>;
  readonly #elsewhere: LRUCache<ConversationId, Kept<ReadonlySet<UserId>>>;

  constructor(house: OnlineCountsSurroundings) {
    this.#house = house;
    const max = house.limits.rememberedMax;
    this.#counts = new LRUCache({ max });
    this.#elsewhere = new LRUCache({ max });
  }

  /** Rejects as the message store does. */
  async of(c: ConversationId, asOf: Members): Promise<number> {
    if (asOf.members > LIMITS.receiptMembersMax) {
      return this.#kept(this.#counts, c, KEPT_MS, async () => {
        const users = await this.#users(c, asOf);
        return this.#count(users, await this.#seen(users));
      });
    }
    const users = await this.#users(c, asOf);
    return this.#count(users, await this.#kept(this.#elsewhere, c, ELSEWHERE_KEPT_MS, () => this.#seen(users)));
  }

  async #users(c: ConversationId, asOf: Members): Promise<readonly UserId[]> {
    return [...(await this.#house.members(c, asOf))];
  }

  #count(users: readonly UserId[], elsewhere: ReadonlySet<UserId>): number {
    const others = users.filter((user) => elsewhere.has(user));
    return this.#house.online(users) + others.length - this.#house.online(others);
  }

  /** Those of these who are not here, but on another node. Never rejects. */
  async #seen(users: readonly UserId[]): Promise<ReadonlySet<UserId>> {
    const { online, see } = this.#house;
    const others = users.filter((user) => online([user]) === 0);
    const seen = new Set<UserId>();
    try {
      for (let from = 0; from < others.length; from += PAGE_USERS) {
        for (const { user, status } of await see(others.slice(from, from + PAGE_USERS))) {
          if (status !== "offline") seen.add(user);
        }
      }
    } catch {
      // Whoever could be seen is counted; the store's own writer says that it fails.
    }
    return seen;
  }

  async #kept<T>(
    cache: LRUCache<ConversationId, Kept<T>>,
    c: ConversationId,
    forMs: number,
    read: () => Promise<T>,
  ): Promise<T> {
    const now = this.#house.clock.monotonic();
    const known = cache.get(c);
    if (known !== undefined && now - known.at < forMs) return known.what;
    const what = read();
    cache.set(c, { at: now, what });
    what.catch(() => cache.delete(c));
    return what;
  }
}
