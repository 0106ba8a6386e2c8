import type { HostedSession } from "@earshot/core";
import type { NodeId, SessionId, UserId } from "@earshot/protocol";
import type { LeaseRecord, SessionRecord } from "./presence-records.ts";

export interface ReplicaLease extends LeaseRecord {
  /** When the server took it, Unix ms. */
  readonly at: number;
  /** Of the key, for writing over this and nothing later. */
  readonly revision: number;
}

export interface ReplicaSession extends SessionRecord {
  readonly session: SessionId;
  readonly node: NodeId;
  readonly at: number;
}

/** A lease that has ended is remembered for so long, with its sessions: that is how it is known when they were last here. */
const ENDED_KEPT_MS = 600_000;

/**
 * What the bucket holds, by node and by user. Pure: whether a lease stands is asked with the server's time, so that
 * nothing is shown a moment too long, and nothing is lost by a renewal that arrives late.
 */
export class PresenceReplica {
  readonly #leases = new Map<NodeId, ReplicaLease>();
  readonly #sessions = new Map<NodeId, Map<SessionId, ReplicaSession>>();
  readonly #users = new Map<UserId, Set<ReplicaSession>>();
  /** Leases of which it was told that they have ended. */
  readonly #told = new Set<NodeId>();
  readonly #changed: (user: UserId) => void;

  /** `changed`: somebody's sessions, or their activity, are not what they were. */
  constructor(changed: (user: UserId) => void) {
    this.#changed = changed;
  }

  lease(node: NodeId): ReplicaLease | undefined {
    return this.#leases.get(node);
  }

  /** Whether the node's lease stands at `now`, the server's. */
  stands(node: NodeId, now: number): boolean {
    const lease = this.#leases.get(node);
    return lease !== undefined && !isVoid(lease) && now < untilOf(lease);
  }

  /** Of the node's present lease, whether it stands or has ended. */
  sessionsOf(node: NodeId): Iterable<ReplicaSession> {
    return this.#sessions.get(node)?.values() ?? [];
  }

  /** A session under a lease that stands at `now`. */
  session(node: NodeId, session: SessionId, now: number): ReplicaSession | undefined {
    return this.stands(node, now) ? this.#sessions.get(node)?.get(session) : undefined;
  }

  /** The user's sessions at `now`, and when those whose lease has ended were last here; null: there are none such. */
  of(user: UserId, now: number): { readonly sessions: readonly HostedSession[]; readonly seen: number | null } {
    const sessions: HostedSession[] = [];
    let seen: number | null = null;
    for (const { session, device, activity, node } of this.#users.get(user) ?? []) {
      if (this.stands(node, now)) sessions.push({ session, user, device, activity, node });
      else if (activity !== "invisible") {
        const lease = this.#leases.get(node);
        if (lease !== undefined) seen = Math.max(seen ?? 0, seenAtOf(lease));
      }
    }
    return { sessions, seen };
  }

  putLease(node: NodeId, lease: ReplicaLease): void {
    const known = this.#leases.get(node);
    this.#leases.set(node, lease);
    for (const session of this.sessionsOf(node)) if (session.life !== lease.life) this.#forget(session);
    const ended = isVoid(lease) || lease.ttlMs <= 0;
    if (known?.life === lease.life && ended !== this.#told.has(node)) this.#tellAll(node);
    if (ended) this.#told.add(node);
    else this.#told.delete(node);
  }

  putSession(session: ReplicaSession): void {
    const lease = this.#leases.get(session.node);
    if (lease !== undefined && lease.life !== session.life) return;
    const known = this.#sessions.get(session.node)?.get(session.session);
    if (known !== undefined) this.#drop(known);
    const sessions = this.#sessions.get(session.node) ?? new Map<SessionId, ReplicaSession>();
    this.#sessions.set(session.node, sessions.set(session.session, session));
    this.#users.set(session.user, (this.#users.get(session.user) ?? new Set()).add(session));
    if (known?.activity !== session.activity || known.life !== session.life) this.#changed(session.user);
  }

  deleteSession(node: NodeId, session: SessionId): void {
    const known = this.#sessions.get(node)?.get(session);
    if (known !== undefined) this.#forget(known);
  }

  /** Tells of leases that have run out by `now`. Returns their nodes, each once. */
  sweep(now: number): readonly NodeId[] {
    const ended: NodeId[] = [];
    for (const [node, lease] of this.#leases) {
      if (now < untilOf(lease)) continue;
      if (!this.#told.has(node)) {
        this.#told.add(node);
        ended.push(node);
        this.#tellAll(node);
      } else if (now > untilOf(lease) + ENDED_KEPT_MS) {
        this.#leases.delete(node);
        this.#told.delete(node);
        for (const session of this.sessionsOf(node)) this.#drop(session);
      }
    }
    return ended;
  }

  /** The bucket was lost. */
  clear(): void {
    for (const user of this.#users.keys()) this.#changed(user);
    for (const map of [this.#leases, this.#sessions, this.#users, this.#told]) map.clear();
  }

  #tellAll(node: NodeId): void {
    for (const { user } of this.sessionsOf(node)) this.#changed(user);
  }

  #forget(session: ReplicaSession): void {
    this.#drop(session);
    // Of those that ended with their lease it was told then.
    if (!this.#told.has(session.node)) this.#changed(session.user);
  }

  #drop(known: ReplicaSession): void {
    const sessions = this.#sessions.get(known.node);
    sessions?.delete(known.session);
    if (sessions?.size === 0) this.#sessions.delete(known.node);
    const users = this.#users.get(known.user);
    users?.delete(known);
    if (users?.size === 0) this.#users.delete(known.user);
  }
}

/** When the lease ends, or has ended. */
export function untilOf({ at, ttlMs }: ReplicaLease): number {
  return at + ttlMs;
}

/** Renewed when it had ended already: whoever renewed it did not know. */
export function isVoid({ at, before }: ReplicaLease): boolean {
  return before !== null && at > before.until;
}

/** When the sessions of a lease that has ended were last here: its last renewal that counted, or the moment it was given up. */
export function seenAtOf(lease: ReplicaLease): number {
  return isVoid(lease) && lease.before !== null ? lease.before.at : lease.at;
}
