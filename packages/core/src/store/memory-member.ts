import type { EventRow, Role, UserId } from "@earshot/protocol";
import type { Span } from "../ports/pages.ts";

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
  /** Messages up to `read`. */
  readOrd: number;
  mute: boolean | number;
  marked: boolean;
  /** The store's change number of the last change that is this user's alone. */
  change: number;
}

/** One who is a member now. */
export type PresentMember = MemoryMember & { role: Role };

/** The entry of the log that changes members. */
export type EntryPlace = Pick<EventRow, "seq" | "ord">;

/** Begins a stay at the entry that added them: everything of their own starts anew there. */
export function beginStay(
  user: UserId,
  role: Role,
  { seq, ord }: EntryPlace,
  past: readonly Span[],
  change: number,
): PresentMember {
  const marks = { delivered: seq, read: seq, readOrd: ord, mute: false, marked: false };
  return { user, role, since: seq, past, ...marks, change };
}

/** Ends the stay at `seq`, the entry that removed them, which is the last they may have. */
export function endStay(member: MemoryMember, seq: number): void {
  member.role = null;
  member.past = [...member.past, [member.since, seq]];
}

const ROLE_ORDER: Readonly<Record<Role, number>> = { owner: 0, admin: 1, member: 2, reader: 3 };

/** Owners first, then admins, members, readers; within a role by user id. */
export function compareMembers(left: readonly [UserId, Role], right: readonly [UserId, Role]): number {
  return ROLE_ORDER[left[1]] - ROLE_ORDER[right[1]] || compareUsers(left[0], right[0]);
}

/** By the characters of their ids, whatever the language. */
export function compareUsers(left: UserId, right: UserId): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
