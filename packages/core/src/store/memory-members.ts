import type { Role, UserId } from "@earshot/protocol";
import type { MemberChange } from "../ports/append.ts";
import {
  beginStay,
  compareMembers,
  compareUsers,
  type EntryPlace,
  endStay,
  type MemoryMember,
  type PresentMember,
} from "./memory-member.ts";

/** Who is and was in one conversation. */
export class MemoryMembers {
  version = 1;
  readonly #all = new Map<UserId, MemoryMember>();
  #count = 0;
  #byRole: readonly (readonly [UserId, Role])[] | null = null;
  #byUser: readonly PresentMember[] | null = null;

  constructor(first: readonly (readonly [UserId, Role])[], change: number) {
    for (const [user, role] of first) this.#admit(user, role, { seq: 1, ord: 0 }, change);
  }

  /** How many there are now. */
  get count(): number {
    return this.#count;
  }

  /** One who is a member now. */
  get(user: UserId): PresentMember | undefined {
    const member = this.#all.get(user);
    return member !== undefined && isPresent(member) ? member : undefined;
  }

  /** Everybody who is or was one. */
  get all(): ReadonlyMap<UserId, MemoryMember> {
    return this.#all;
  }

  /** In the order of member pages; the same array until somebody changes. */
  byRole(): readonly (readonly [UserId, Role])[] {
    this.#byRole ??= this.byUser()
      .map(({ user, role }) => [user, role] as const)
      .sort(compareMembers);
    return this.#byRole;
  }

  /** By user id; the same array until somebody changes. */
  byUser(): readonly PresentMember[] {
    this.#byUser ??= [...this.#all.values()].filter(isPresent).sort((a, b) => compareUsers(a.user, b.user));
    return this.#byUser;
  }

  /** Applies what the entry at `place` says; gives who has left. */
  apply(changes: readonly MemberChange[], place: EntryPlace, change: number): readonly UserId[] {
    const left: UserId[] = [];
    let changed = false;
    // A user that is named twice ends as the last one says.
    for (const [user, role] of new Map(changes)) {
      const member = this.get(user);
      if ((member?.role ?? null) === role) continue;
      changed = true;
      if (role === null) {
        endStay(member as MemoryMember, place.seq);
        this.#count -= 1;
        left.push(user);
      } else if (member === undefined) {
        this.#admit(user, role, place, change);
      } else {
        member.role = role;
      }
      (this.#all.get(user) as MemoryMember).change = change;
    }
    if (!changed) return left;
    this.version += 1;
    this.#byRole = null;
    this.#byUser = null;
    return left;
  }

  #admit(user: UserId, role: Role, place: EntryPlace, change: number): void {
    this.#all.set(user, beginStay(user, role, place, this.#all.get(user)?.past ?? [], change));
    this.#count += 1;
  }
}

function isPresent(member: MemoryMember): member is PresentMember {
  return member.role !== null;
}
