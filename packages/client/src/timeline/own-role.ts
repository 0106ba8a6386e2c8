import type { EventRow, MemberBody, Role, UserId } from "@earshot/protocol";

/** What an event makes of a user in its conversation: a role, or null where it removes them; undefined: it does not name them. Pure. */
export function ownRole({ type, body }: EventRow, user: UserId | null): Role | null | undefined {
  if (type !== "member" || user === null) return undefined;
  // who is named twice is what the last naming says
  return new Map((body as MemberBody | undefined)?.members).get(user);
}
