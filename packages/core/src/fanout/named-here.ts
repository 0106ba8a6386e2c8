import type { ConversationId, UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";

/** Users remembered of one conversation. */
const USERS_MAX = 1_000;

/**
 * Whose clients were told of a conversation on this node, by a row of their inbox or a cursor of theirs: who has to
 * hear that it was removed when the store cannot say any more who its members were. And which of them keep it up to
 * date by a cursor. Bounded: conversations unused for longest go first.
 */
export class NamedHere {
  /** true: by a cursor. */
  readonly #users: LRUCache<ConversationId, Map<UserId, boolean>>;

  constructor(limits: { readonly rememberedMax: number }) {
    this.#users = new LRUCache({ max: limits.rememberedMax });
  }

  add(c: ConversationId, user: UserId, keeps: boolean): void {
    const users = this.#users.get(c) ?? new Map<UserId, boolean>();
    if (users.size < USERS_MAX || users.has(user)) users.set(user, keeps || (users.get(user) ?? false));
    this.#users.set(c, users);
  }

  of(c: ConversationId): Iterable<UserId> {
    return this.#users.peek(c)?.keys() ?? [];
  }

  /** Those who keep it up to date. */
  *keepers(c: ConversationId): Iterable<UserId> {
    for (const [user, keeps] of this.#users.peek(c) ?? []) if (keeps) yield user;
  }

  /** Users lost it; null: it was removed for all. */
  left(c: ConversationId, users: readonly UserId[] | null): void {
    if (users === null) this.#users.delete(c);
    else for (const user of users) this.#users.peek(c)?.delete(user);
  }
}
