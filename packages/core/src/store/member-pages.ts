import { isUserId, type Role, type UserId } from "@earshot/protocol";
import type { MemberPage } from "../ports/pages.ts";
import type { ReceiptPage } from "../ports/watermarks.ts";
import { firstIndex } from "./first-index.ts";
import { formatMemberCursor, parseMemberCursor, unknownCursor } from "./member-cursor.ts";
import { compareMembers, compareUsers, type PresentMember } from "./memory-member.ts";

/** One page of members, as of a life of the log and a version. `sorted`: all of them, in the order of pages. */
export function memberPage(
  sorted: readonly (readonly [UserId, Role])[],
  asOf: Pick<MemberPage, "epoch" | "membersVersion">,
  cursor: string | null,
  limit: number,
): MemberPage {
  const after = parseMemberCursor(cursor);
  const { page, more } = pageAfter(sorted, limit, (member) => after === null || compareMembers(member, after) > 0);
  return { members: page, ...asOf, cursor: formatMemberCursor(page.at(-1) ?? after), more };
}

/** One page of watermarks, and how many are at `seq` or above. `sorted`: all members, by user id. */
export function receiptPage(
  sorted: readonly PresentMember[],
  seq: number,
  cursor: string | null,
  limit: number,
): ReceiptPage {
  const after = cursor ?? "";
  if (after !== "" && !isUserId(after)) throw unknownCursor("receipts");
  const { page, more } = pageAfter(sorted, limit, ({ user }) => compareUsers(user, after) > 0);
  return {
    delivered: sorted.filter((member) => member.delivered >= seq).length,
    read: sorted.filter((member) => member.read >= seq).length,
    users: page.map(({ user, delivered, read }) => [user, delivered, read]),
    cursor: page.at(-1)?.user ?? after,
    more,
  };
}

function pageAfter<Item>(sorted: readonly Item[], limit: number, isAfter: (item: Item) => boolean) {
  const start = firstIndex(sorted.length, (index) => isAfter(sorted[index] as Item));
  const page = sorted.slice(start, start + limit);
  return { page, more: start + page.length < sorted.length };
}
