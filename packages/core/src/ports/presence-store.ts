import type { DeviceId, NodeId, SessionId, UserId } from "@earshot/protocol";

/** What a device says of itself. `invisible` counts as not there. */
export type Activity = "active" | "idle" | "invisible";

export interface PresenceSession {
  readonly session: SessionId;
  readonly user: UserId;
  readonly device: DeviceId;
  readonly activity: Activity;
}

export interface HostedSession extends PresenceSession {
  readonly node: NodeId;
}

export interface PresenceDeparture {
  readonly session: SessionId;
  /** Time since the session's last sign of life; whole ms. */
  readonly quietMs: number;
}

export interface UserPresence {
  readonly user: UserId;
  readonly sessions: readonly HostedSession[];
  /** Unix ms of the store's clock: the last sign of life of the last session that went; of a lease that ran out its last renewal, of one that was given up the moment; the moment in which the last one turned invisible. null: not known. Kept for the latest users, as many as the store says. */
  readonly seen: number | null;
}

/**
 * Who is connected, and where. Sessions stand under their node's lease: one renewal keeps them all,
 * and a dead node's sessions end together when its lease does. Time is the store's own, never a gateway's.
 */
export interface PresenceStore {
  open(): Promise<void>;
  /** Later calls reject with `closed`. A second call does nothing. Leases are left to run out. */
  close(): Promise<void>;
  ping(): Promise<void>;
  /** Begins or renews a node's lease. `ttlMs` 0 gives it up, and its sessions with it. */
  lease(node: NodeId, ttlMs: number): Promise<void>;
  /** Adds sessions under the node's lease, which must stand, else `conflict`. A repeat changes `activity`, or nothing. */
  put(node: NodeId, sessions: readonly PresenceSession[]): Promise<void>;
  /**
   * Removes only what this node has put; unknown ids are no error. The user was `seen` `quietMs` before now,
   * by the store's time, unless the session was invisible.
   */
  remove(node: NodeId, sessions: readonly PresenceDeparture[]): Promise<void>;
  /** Each of these users, in the order asked: the sessions whose node's lease stands, and when they were last seen. */
  of(users: readonly UserId[]): Promise<readonly UserPresence[]>;
  /** Called with the users whose sessions, or their activity, changed, also by an expired lease. Returns its undo. */
  onChange(listener: (users: readonly UserId[]) => void): () => void;
}
