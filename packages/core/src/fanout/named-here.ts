import type { ConversationId, UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import { FIXED_LIMITS } from "../fixed-limits.ts";

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
    const users = this.#of(c);
    const keeping = keeps || users.get(user) === "cursor";
    put(users, user, keeping ? "cursor" : "row");
  }

  *of(c: ConversationId): Iterable<UserId> {
    for (const [user, holding] of this.#users.peek(c) ?? []) if (holding !== "lost") yield user;
  }

  /** Those who lost it here: what lets them in again concerns them. */
  *lost(c: ConversationId): Iterable<UserId> {
    for (const [user, holding] of this.#users.peek(c) ?? []) if (holding === "lost") yield user;
  }

  /** Those who keep it up to date. */
  *keepers(c: ConversationId): Iterable<UserId> {
    for (const [user, holding] of this.#users.peek(c) ?? []) if (holding === "cursor") yield user;
  }

  /** Users lost it; null: it was removed for all. `isHere`: whether they have a session on this node. */
  left(c: ConversationId, users: readonly UserId[] | null, isHere: (user: UserId) => boolean): void {
    if (users === null) this.#users.delete(c);
    for (const user of users ?? []) {
      if (isHere(user)) put(this.#of(c), user, "lost");
      else this.#users.peek(c)?.delete(user);
    }
  }

  #of(c: ConversationId): Map<UserId, Holding> {
    const known = this.#users.get(c);
    if (known !== undefined) return known;
    const users = new Map<UserId, Holding>();
    this.#users.set(c, users);
    return users;
  }
}

function put(users: Map<UserId, Holding>, user: UserId, holding: Holding): void {
  if (users.size < FIXED_LIMITS.namedUsersMax || users.has(user)) users.set(user, holding);
}
