import type { ConversationKind, Role } from "@earshot/protocol";
import type { Permissions } from "../options.ts";
import type { MemberChange } from "../ports/append.ts";

/** Who may do what to whom (protocol, section 9). Pure. */

/** For a change that a version guards: the role was looked at already. */
export const ANY_ROLE: readonly Role[] = ["owner", "admin", "member", "reader"];

export interface MembersRequest {
  readonly permissions: Permissions;
  readonly kind: ConversationKind;
  readonly caller: { readonly user: string; readonly role: Role };
  /** What is asked for. */
  readonly changes: readonly MemberChange[];
  /** Roles that the named users have now; absent: no members. */
  readonly current: ReadonlyMap<string, Role>;
}

/** Whether the caller may make these changes. Leaving is everyone's right; the rest is the rulers'. */
export function mayChangeMembers({ permissions, kind, caller, changes, current }: MembersRequest): boolean {
  if (kind === "direct") return false;
  return changes.every(([user, role]) => {
    if (user === caller.user && role === null) return true;
    const before = current.get(user) ?? role ?? "member";
    return [before, role ?? before].every((of) => rulersOf(of, permissions).includes(caller.role));
  });
}

/** Roles that may touch a member of the given role, or give that role. */
export function rulersOf(role: Role, permissions: Permissions): readonly Role[] {
  return role === "owner" || role === "admin" ? permissions.changeAdmins : permissions.changeMembers;
}

/**
 * The changes completed so that a conversation that keeps members keeps an owner: the last owner's
 * role passes to an admin, else to a member, else to a reader. `first` are the first members in the order of
 * roles, as many as are needed to see past those that change.
 */
export function withOwner(
  changes: readonly MemberChange[],
  first: readonly (readonly [string, Role])[],
): readonly MemberChange[] {
  const after = new Map<string, Role>(first);
  for (const [user, role] of changes) {
    if (role === null) after.delete(user);
    else after.set(user, role);
  }
  if ([...after.values()].includes("owner")) return changes;
  // Not who was just given another role, as long as there is somebody else.
  const named = new Set(changes.map(([user]) => user));
  const heir = heirAmong([...after].filter(([user]) => !named.has(user))) ?? heirAmong([...after]);
  if (heir === undefined) return changes;
  return [...changes.filter(([user]) => user !== heir[0]), [heir[0], "owner"]];
}

function heirAmong(members: readonly (readonly [string, Role])[]): readonly [string, Role] | undefined {
  for (const role of ["admin", "member", "reader"] as const) {
    const heir = members.find(([, has]) => has === role);
    if (heir !== undefined) return heir;
  }
  return undefined;
}
