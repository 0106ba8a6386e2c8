import { ChatError, type Role, type UserId } from "@earshot/protocol";

/** The last member that a page ended with. */
export type MemberMark = readonly [user: UserId, role: Role];

const ROLES: readonly string[] = ["owner", "admin", "member", "reader"] satisfies Role[];

export function formatMemberCursor(mark: MemberMark | null): string {
  return mark === null ? "" : `${mark[1]} ${mark[0]}`;
}

/** null: from the first member. Rejects what no page has given out with `invalid`. */
export function parseMemberCursor(cursor: string | null): MemberMark | null {
  if (cursor === null || cursor === "") return null;
  const space = cursor.indexOf(" ");
  const role = cursor.slice(0, space);
  if (!ROLES.includes(role))
    throw new ChatError("invalid", "unable to list members; the cursor is not one of this list");
  return [cursor.slice(space + 1), role as Role];
}
