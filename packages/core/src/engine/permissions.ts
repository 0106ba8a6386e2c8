import type { ConversationKind, Role } from "@earshot/protocol";
import type { MemberChange } from "../ports/message-store.ts";

/** Who may do what to whom (protocol, section 9). Pure. */

/** Roles that may send. */
export const SENDERS: readonly Role[] = ["owner", "admin", "member"];

/** Roles that may touch a member of the given role, or give that role. */
const RULERS: Readonly<Record<Role, readonly Role[]>> = {
  owner: ["owner"],
  admin: ["owner"],
  member: ["owner", "admin"],
  reader: ["owner", "admin"],
};

export interface MembersRequest {
  readonly kind: ConversationKind;
  readonly caller: { readonly user: string; readonly role: Role };
  /** What is asked for. */
  readonly changes: readonly MemberChange[];
  /** Roles that the named users have now; absent: no members. */
  readonly current: ReadonlyMap<string, Role>;
}

/** Whether the caller may make these changes. Leaving is everyone's right; the rest is the rulers'. */
export function mayChangeMembers({ kind, caller, changes, current }: MembersRequest): boolean {
  if (kind === "direct") return false;
  return changes.every(([user, role]) => {
    if (user === caller.user && role === null) return true;
    const before = current.get(user);
    if (before !== undefined && !RULERS[before].includes(caller.role)) return false;
    return role === null ? RULERS.reader.includes(caller.role) : RULERS[role].includes(caller.role);
  });
}

/**
 * The changes completed so that a conversation that keeps members keeps an owner: the last owner's
 * role passes to an admin, else to a member, else to a reader. `first` are the first members in the order of
 * roles, as many as are needed to see past those that change.
 */
export function withOwner(changes: readonly MemberChange[], first: readonly (readonly [string, Role])[]): readonly MemberChange[] {
  const after = new Map<string, Role>(first);
  for (const [user, role] of changes) {
    if (role === null) after.delete(user);
    else after.set(user, role);
  }
  if ([...after.values()].includes("owner")) return changes;
  const heir = (["admin", "member", "reader"] as const)
    .map((role) => [...after].find(([, has]) => has === role))
    .find((found) => found !== undefined);
  if (heir === undefined) return changes;
  return [...changes.filter(([user]) => user !== heir[0]), [heir[0], "owner"]];
}
