import type { SessionId, UserId } from "@earshot/protocol";
import type { Activity, PresenceSession, PresenceStore } from "../../../ports/presence-store.ts";

export interface PresenceStoreUnderTest {
  /** Two nodes' ends of one presence store, not open yet. */
  readonly nodes: readonly [PresenceStore, PresenceStore];
  /** Lets `ms` pass on the store's own clock, and what falls due happen. */
  pass(ms: number): Promise<void>;
  /** Closes what is still open, and removes what was left behind. */
  destroy(): Promise<void>;
}

export interface PresenceStoreAdapter {
  /** A presence store of its own for each call. */
  create(): Promise<PresenceStoreUnderTest>;
  /** A lease that can be waited for, in ms. */
  readonly ttlMs: number;
}

/** What a case gets: both nodes open. */
export type WithPresence = (run: (presence: PresenceStoreUnderTest) => Promise<void>) => () => Promise<void>;

export function session(id: SessionId, user: UserId, activity: Activity = "active"): PresenceSession {
  return { session: id, user, device: `d-${id}`, activity };
}

/** The sessions' ids, of all of these users. */
export async function idsOf(store: PresenceStore, ...users: UserId[]): Promise<readonly SessionId[]> {
  const found = await store.of(users);
  return found.flatMap(({ sessions }) => sessions.map((one) => one.session)).sort();
}

/** What a node was told since it was last asked: each user once, sorted. */
export function watch(store: PresenceStore): { take(): UserId[]; undo(): void } {
  const users = new Set<UserId>();
  const undo = store.onChange((changed) => {
    for (const user of changed) users.add(user);
  });
  return {
    take: () => {
      const taken = [...users].sort();
      users.clear();
      return taken;
    },
    undo,
  };
}
