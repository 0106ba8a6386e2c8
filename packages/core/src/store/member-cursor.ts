import { ChatError, isUserId, type Role, type UserId } from "@earshot/protocol";

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
  const user = cursor.slice(space + 1);
  if (!ROLES.includes(role) || !isUserId(user)) throw unknownCursor("members");
  return [user, role as Role];
}

export function unknownCursor(list: "members" | "receipts"): ChatError {
  return new ChatError("invalid", `unable to list ${list}; the cursor is not one of this list`);
}
