import type { DeviceId, NodeId, PresenceRow, SessionId, UserId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Activity, PresenceSession, PresenceStore, UserPresence } from "../ports/presence-store.ts";
import { nodeOfLease } from "./lease-name.ts";
import { presenceRow } from "./presence-state.ts";

/** One session of a user, wherever it is. */
export interface SessionWhereabouts {
  readonly session: SessionId;
  readonly device: DeviceId;
  /** The gateway that it is on. */
  readonly node: NodeId;
  /** What the device says of itself. */
  readonly activity: Activity;
}

/** Where a user is, as the host sees it: invisible sessions too. */
export interface Whereabouts {
  readonly user: UserId;
  /** As other users see it. */
  readonly status: PresenceRow["status"];
  /** Unix ms of the last sign of life of a session that went; null: not known. */
  readonly seen: number | null;
  /** Those that count as here: of a device that may only have lost its connection up to 45 s longer. */
  readonly sessions: readonly SessionWhereabouts[];
}

export interface WhereaboutsSurroundings {
  /** This node's name in the registry. */
  readonly node: NodeId;
  readonly store: Pick<PresenceStore, "of">;
  /** This node's own sessions of a user that count as here. */
  here(user: UserId): Iterable<PresenceSession>;
}

/** Where these users are, in the order asked. Rejects as the store does. */
export async function whereabouts(
  { store, node, here }: WhereaboutsSurroundings,
  users: readonly UserId[],
): Promise<readonly Whereabouts[]> {
  const found: Whereabouts[] = [];
  for (let from = 0; from < users.length; from += FIXED_LIMITS.presencePerCallMax) {
    const batch = await store.of(users.slice(from, from + FIXED_LIMITS.presencePerCallMax));
    for (const one of batch) found.push(whereaboutsOf(one, { lease: node, sessions: here(one.user) }));
  }
  return found;
}

/** A user's sessions on other gateways. Rejects as the store does. */
export async function sessionsElsewhere(
  house: WhereaboutsSurroundings,
  user: UserId,
): Promise<readonly SessionWhereabouts[]> {
  const [found] = await whereabouts(house, [user]);
  const own = nodeOfLease(house.node);
  return found?.sessions.filter(({ node }) => node !== own) ?? [];
}

/** What the registry says, with this node's own sessions as they are now. Pure. */
function whereaboutsOf(
  { user, sessions, seen }: UserPresence,
  own: { readonly lease: NodeId; readonly sessions: Iterable<PresenceSession> },
): Whereabouts {
  const elsewhere = sessions.filter(({ node }) => node !== own.lease);
  const here = Array.from(own.sessions, (session) => ({ ...session, node: own.lease }));
  const all = [...here, ...elsewhere].map(({ session, device, node, activity }) => {
    return { session, device, node: nodeOfLease(node), activity };
  });
  return { user, status: presenceRow(user, all, null).status, seen, sessions: all };
}
