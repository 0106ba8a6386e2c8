import type { ConversationId, UserId } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";

/** One user's presence, as another may see it on a conversation. */
export interface VisibleSight {
  readonly viewer: UserId;
  readonly user: UserId;
  readonly c: ConversationId;
}

/**
 * Of each, in the order asked: whether both are members still and neither has blocked the other. Members first, in
 * one read; blocks in one for each of the viewers, or of the users, whichever are fewer. Rejects as the store does.
 */
export async function stillVisible(
  { store }: { readonly store: Pick<MessageStore, "access" | "blocked"> },
  sights: readonly VisibleSight[],
): Promise<readonly boolean[]> {
  const pairs = sights.flatMap(({ viewer, user, c }) => [
    { user: viewer, conversation: c },
    { user, conversation: c },
  ]);
  const access = await store.access(pairs);
  const shared = sights.map((_, index) => Boolean(access[2 * index] && access[2 * index + 1]));
  const byViewer = new Map<UserId, Set<UserId>>();
  const byUser = new Map<UserId, Set<UserId>>();
  for (const [index, { viewer, user }] of sights.entries()) {
    if (!shared[index] || viewer === user) continue;
    within(byViewer, viewer).add(user);
    within(byUser, user).add(viewer);
  }
  const asked = byViewer.size <= byUser.size ? byViewer : byUser;
  const apart = new Map<UserId, Set<UserId>>();
  for (const [one, others] of asked) {
    const named = [...others];
    const blocked = await store.blocked(one, named);
    apart.set(one, new Set(named.filter((_, index) => blocked[index])));
  }
  return sights.map(({ viewer, user }, index) => {
    const [one, other] = asked === byViewer ? [viewer, user] : [user, viewer];
    return shared[index] === true && !apart.get(one)?.has(other);
  });
}

function within(groups: Map<UserId, Set<UserId>>, user: UserId): Set<UserId> {
  const known = groups.get(user) ?? new Set();
  groups.set(user, known);
  return known;
}
