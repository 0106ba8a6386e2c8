import type { ConversationId, UserId } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { MemberPage } from "../ports/pages.ts";
import type { PresenceStore } from "../ports/presence-store.ts";

export interface OfflineSurroundings {
  readonly store: Pick<MessageStore, "members">;
  readonly presence: Pick<PresenceStore, "of">;
  /** The user's sessions on this node, which the registry may not know of yet. */
  sessionsOf(user: UserId): readonly unknown[];
}

/** Members looked at in one step. */
const PAGE_MEMBERS = 500;

/**
 * A conversation's members without a live session, but for who wrote the event; page by page, each as it
 * stands when it is asked for. Rejects as store and presence do.
 */
export async function* offlineMembers(
  { store, presence, sessionsOf }: OfflineSurroundings,
  { conversation, from }: { readonly conversation: ConversationId; readonly from: UserId },
): AsyncGenerator<readonly UserId[], void, undefined> {
  let cursor: string | null = null;
  do {
    const page: MemberPage | null = await store.members(conversation, cursor, PAGE_MEMBERS);
    if (page === null) return;
    const users = page.members.map(([user]) => user).filter((user) => user !== from && sessionsOf(user).length === 0);
    const known = users.length === 0 ? [] : await presence.of(users);
    const offline = known.filter(({ sessions }) => sessions.length === 0).map(({ user }) => user);
    if (offline.length > 0) yield offline;
    cursor = page.more ? page.cursor : null;
  } while (cursor !== null);
}
