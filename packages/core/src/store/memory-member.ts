import type { Role, UserId } from "@earshot/protocol";
import type { Span } from "../ports/message-store.ts";

/** One user's place in one conversation. Stays as a tombstone once they have left. */
export interface MemoryMember {
  readonly user: UserId;
  /** null: has left. */
  role: Role | null;
  /** First seq of the present stay, or of the last one. */
  since: number;
  /** Stays that have ended. */
  past: readonly Span[];
  delivered: number;
  read: number;
  /** The store's change number of the last change that is this user's alone. */
  change: number;
}

/** Begins a stay at `seq`, the entry that added them; both watermarks start there. */
export function join(member: MemoryMember, role: Role, seq: number): void {
  member.role = role;
  member.since = seq;
  member.delivered = seq;
  member.read = seq;
}

/** Ends the stay at `seq`, the entry that removed them, which is the last they may have. */
export function leave(member: MemoryMember, seq: number): void {
  member.role = null;
  member.past = [...member.past, [member.since, seq]];
}

const ROLE_ORDER: Readonly<Record<Role, number>> = { owner: 0, admin: 1, member: 2, reader: 3 };

/** Owners first, then admins, members, readers; within a role by user id. */
export function compareMembers(left: readonly [UserId, Role], right: readonly [UserId, Role]): number {
  const roles = ROLE_ORDER[left[1]] - ROLE_ORDER[right[1]];
  if (roles !== 0) return roles;
  if (left[0] === right[0]) return 0;
  return left[0] < right[0] ? -1 : 1;
}
