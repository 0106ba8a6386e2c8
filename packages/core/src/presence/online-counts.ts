import { type ConversationId, LIMITS, type UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { Clock } from "../ports/clock.ts";
import type { Access } from "../ports/message-store.ts";

/** How long a large conversation's count is taken for right: reading its members costs their number. */
const KEPT_MS = 5_000;

export interface OnlineCountsSurroundings {
  readonly clock: Pick<Clock, "monotonic">;
  readonly limits: { readonly rememberedMax: number };
  /** The members at `membersVersion` or later. */
  members(c: ConversationId, membersVersion: number): Promise<Iterable<UserId>>;
  /** How many of these are here and to be seen. */
  online(users: Iterable<UserId>): number;
}

interface Count {
  readonly at: number;
  readonly users: Promise<number>;
}

/** How many of a conversation's members are online here: exact in small ones, up to 5 s old in large ones. */
export class OnlineCounts {
  readonly #house: OnlineCountsSurroundings;
  readonly #kept: LRUCache<ConversationId, Count>;

  constructor(house: OnlineCountsSurroundings) {
    this.#house = house;
    this.#kept = new LRUCache({ max: house.limits.rememberedMax });
  }

  /** Rejects as the store does. */
  async of(
    c: ConversationId,
    { members, membersVersion }: Pick<Access, "members" | "membersVersion">,
  ): Promise<number> {
    if (members <= LIMITS.receiptMembersMax) return this.#count(c, membersVersion);
    const now = this.#house.clock.monotonic();
    const kept = this.#kept.get(c);
    if (kept !== undefined && now - kept.at < KEPT_MS) return kept.users;
    const users = this.#count(c, membersVersion);
    this.#kept.set(c, { at: now, users });
    users.catch(() => this.#kept.delete(c));
    return users;
  }

  async #count(c: ConversationId, membersVersion: number): Promise<number> {
    return this.#house.online(await this.#house.members(c, membersVersion));
  }
}
