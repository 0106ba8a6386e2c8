import type { Activity, HostedSession, UserPresence } from "@earshot/core";
import type { DeviceId, NodeId, SessionId, UserId } from "@earshot/protocol";

export interface SessionRow {
  readonly node: NodeId;
  readonly session: SessionId;
  readonly user_id: UserId;
  readonly device: DeviceId;
  readonly activity: Activity;
  /** Whether its node's lease does. */
  readonly stands: boolean;
  /** When that was renewed, Unix ms. */
  readonly renewed: number;
}

export interface SeenRow {
  readonly user_id: UserId;
  /** Unix ms. */
  readonly at: number;
}

/** What each of these users' rows say, in the order asked. Sessions of a lease that has run out are gone, swept or not. */
export function userPresences(
  users: readonly UserId[],
  sessionRows: readonly SessionRow[],
  seenRows: readonly SeenRow[],
): readonly UserPresence[] {
  const sessions = new Map<UserId, HostedSession[]>();
  const seen = new Map<UserId, number>(seenRows.map(({ user_id, at }) => [user_id, at]));
  for (const { node, session, user_id: user, device, activity, stands, renewed } of sessionRows) {
    if (stands) sessions.set(user, [...(sessions.get(user) ?? []), { session, user, device, activity, node }]);
    else if (activity !== "invisible") seen.set(user, Math.max(renewed, seen.get(user) ?? 0));
  }
  return users.map((user) => ({
    user,
    sessions: (sessions.get(user) ?? []).map((hosted) => ({ ...hosted })),
    seen: seen.get(user) ?? null,
  }));
}
