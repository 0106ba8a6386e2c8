import type { ConversationId, ConversationKind, Role, UserId } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { Access } from "../ports/pages.ts";
import type { Caller } from "./caller.ts";

/** How a caller stands to a conversation whose members are to change. */
export interface Standing {
  readonly kind: ConversationKind;
  /** null: the host itself, which needs none. */
  readonly role: Role | null;
  readonly membersVersion: number;
}

/**
 * How the caller stands (null: not at all), and what each of `users` may do. Of one version of the members,
 * or of an older one: what was read before others changed them is refused as stale.
 */
export async function standingOf(
  { store }: { readonly store: Pick<MessageStore, "access" | "settings"> },
  caller: Caller,
  conversation: ConversationId,
  users: readonly UserId[],
): Promise<readonly [Standing | null, readonly (Access | null)[]]> {
  if (caller.system) {
    // The version first, so that it is never newer than what was read by it.
    const settings = await store.settings(conversation);
    const access = await store.access(users.map((user) => ({ user, conversation })));
    return [settings === null ? null : { ...settings, role: null }, access];
  }
  const [own, ...access] = await store.access([caller.user, ...users].map((user) => ({ user, conversation })));
  return [own ?? null, access];
}
