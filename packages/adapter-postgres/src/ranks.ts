import type { Role } from "@earshot/protocol";

/** Roles in the order of member pages: the place of each is its rank in the tables. */
const ROLES = ["owner", "admin", "member", "reader"] as const satisfies readonly Role[];

export function roleOf(rank: number): Role {
  return ROLES[rank] ?? "reader";
}

export function rankOf(role: Role): number {
  return ROLES.indexOf(role);
}
