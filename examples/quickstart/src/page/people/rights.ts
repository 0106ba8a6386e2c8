import type { ConversationRow } from "@earshot/client";

export type Role = ConversationRow["role"];

/** What the server lets a role do; the page offers nothing else. */
export function mayWrite(role: Role): boolean {
  return role !== "reader";
}

/** Rename, pin, add and remove, delete what others wrote. */
export function mayManage(role: Role): boolean {
  return role === "owner" || role === "admin";
}

/** Roles that one of this role may give to somebody who has that one. */
export function rolesToGive(role: Role, theirs: Role): readonly Role[] {
  if (role === "owner") return (["reader", "member", "admin", "owner"] as const).filter((each) => each !== theirs);
  if (role !== "admin" || mayManage(theirs)) return [];
  return (["reader", "member"] as const).filter((each) => each !== theirs);
}

export function mayRemove(role: Role, theirs: Role): boolean {
  return role === "owner" || (role === "admin" && !mayManage(theirs));
}
