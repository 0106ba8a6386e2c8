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
  /** Under whose lease. */
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
 *
 * A `node` here is one life of a gateway's process: its name, `~`, and a word of its own; up to 64 characters of
 * `[A-Za-z0-9~-]`. It belongs to nobody but by its name: any end of the store may renew it or give it up.
 */
export interface PresenceStore {
  open(): Promise<void>;
  /** Later calls reject with `closed`. A second call does nothing. Leases are left to run out. */
  close(): Promise<void>;
  ping(): Promise<void>;
  /** Begins or renews a node's lease: from now on for `ttlMs`, also where it stood for longer. 0 gives it up, and its sessions with it. */
  lease(node: NodeId, ttlMs: number): Promise<void>;
  /** Adds sessions, a thousand at most, under the node's lease, which must stand, else `conflict`. A repeat changes `activity`, or nothing. */
  put(node: NodeId, sessions: readonly PresenceSession[]): Promise<void>;
  /**
   * Removes only what this node has put; unknown ids are no error. The user was `seen` `quietMs` before now,
   * by the store's time, unless the session was invisible.
   */
  remove(node: NodeId, sessions: readonly PresenceDeparture[]): Promise<void>;
  /** Each of these users, a thousand at most, in the order asked: the sessions whose node's lease stands at this moment, and when they were last seen. */
  of(users: readonly UserId[]): Promise<readonly UserPresence[]>;
  /**
   * Called with the users whose sessions, or their activity, changed, on whatever node, also by an expired lease: within
   * a second or two of its end, whether somebody asks or not. A call may be lost; then it is noticed some seconds later. Returns its undo.
   */
  onChange(listener: (users: readonly UserId[]) => void): () => void;
}
