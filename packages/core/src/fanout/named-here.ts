import type { ConversationId, UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";

/** Users remembered of one conversation. */
const USERS_MAX = 1_000;

/** What a user's clients have of a conversation: a cursor, a row of their inbox, or the word that it is theirs no more. */
type Holding = "cursor" | "row" | "lost";

/**
 * Whose clients were told of a conversation on this node, by a row of their inbox or a cursor of theirs: who has to
 * hear that it was removed when the store cannot say any more who its members were. And which of them keep it up to
 * date by a cursor, and who lost it here and may come back. Bounded: conversations unused for longest go first.
 */
export class NamedHere {
  readonly #users: LRUCache<ConversationId, Map<UserId, Holding>>;

  constructor(limits: { readonly rememberedMax: number }) {
    this.#users = new LRUCache({ max: limits.rememberedMax });
  }

  add(c: ConversationId, user: UserId, keeps: boolean): void {
    const users = this.#users.get(c) ?? new Map<UserId, Holding>();
    const holding = keeps || users.get(user) === "cursor" ? "cursor" : "row";
    if (users.size < USERS_MAX || users.has(user)) users.set(user, holding);
    this.#users.set(c, users);
  }

  *of(c: ConversationId): Iterable<UserId> {
    for (const [user, holding] of this.#users.peek(c) ?? []) if (holding !== "lost") yield user;
  }

  /** With those who lost it here: what lets them in again concerns them. */
  ofAll(c: ConversationId): Iterable<UserId> {
    return this.#users.peek(c)?.keys() ?? [];
  }

  /** Those who keep it up to date. */
  *keepers(c: ConversationId): Iterable<UserId> {
    for (const [user, holding] of this.#users.peek(c) ?? []) if (holding === "cursor") yield user;
  }

  /** Users lost it; null: it was removed for all. */
  left(c: ConversationId, users: readonly UserId[] | null): void {
    if (users === null) this.#users.delete(c);
    else for (const user of users) if (this.#users.peek(c)?.has(user)) this.#users.peek(c)?.set(user, "lost");
  }
}
