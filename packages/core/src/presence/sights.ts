import type { ConversationId, PresenceRow, UserId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { PresenceWatcher } from "./presence-news.ts";
import { samePresence } from "./presence-state.ts";
import type { Watches } from "./watches.ts";

/** One user's presence, as another may see it on a conversation they share. */
export interface Sight {
  readonly viewer: UserId;
  readonly user: UserId;
  readonly c: ConversationId;
}

/** How long a right counts as read, where another node may have taken it away and its word was lost. */
const CONFIRMED_MS = 60_000;

/**
 * Asks the store, before news is told, whether those who watch may still see it: their rights may have ended on
 * another node. Costs what changes: one look for a watch in a minute, and none while nothing is news.
 */
export async function confirmSights(
  watches: Watches<PresenceWatcher>,
  rows: readonly PresenceRow[],
  now: number,
  confirm: (sights: readonly Sight[]) => Promise<readonly boolean[]>,
): Promise<void> {
  const asked: (readonly [PresenceWatcher, Sight])[] = [];
  for (const row of rows) {
    for (const [watcher, { told, grounds, confirmedAt }] of watches.of(row.user)) {
      if (now - confirmedAt < CONFIRMED_MS || (told !== null && samePresence(told, row))) continue;
      for (const c of grounds) asked.push([watcher, { viewer: watcher.user, user: row.user, c }]);
    }
  }
  for (let from = 0; from < asked.length; from += FIXED_LIMITS.presencePerCallMax) {
    const batch = asked.slice(from, from + FIXED_LIMITS.presencePerCallMax);
    const may = await confirm(batch.map(([, sight]) => sight));
    for (const [index, [watcher, { user, c }]] of batch.entries()) {
      if (may[index] !== true) watches.drop(watcher, c, user);
      const watch = watches.get(watcher, user);
      if (watch !== undefined) watch.confirmedAt = now;
    }
  }
}
