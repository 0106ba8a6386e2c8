import type { DeviceId, NodeId, SessionId, UserId } from "@earshot/protocol";

export interface PresenceSession {
  readonly session: SessionId;
  readonly user: UserId;
  readonly device: DeviceId;
}

export interface HostedSession extends PresenceSession {
  readonly node: NodeId;
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
  /** Adds sessions under the node's lease, which must stand, else `conflict`. A repeat changes nothing. */
  put(node: NodeId, sessions: readonly PresenceSession[]): Promise<void>;
  /** Removes only what this node has put; unknown ids are no error. */
  remove(node: NodeId, sessions: readonly SessionId[]): Promise<void>;
  /** Sessions of these users whose node's lease stands. */
  of(users: readonly UserId[]): Promise<readonly HostedSession[]>;
  /** Called with the users whose sessions changed, also by an expired lease. Returns its undo. */
  onChange(listener: (users: readonly UserId[]) => void): () => void;
}
