import type { Given } from "./calls.ts";
import { formatMemberCursor, formatUserCursor, parseMemberCursor, parseUserCursor } from "./member-cursor.ts";
import { RANKS } from "./ranks.ts";
import type { ReadStatements } from "./read-statements.ts";

/** A `MemberPage`, or null, as JSON text. */
export function membersText(
  statements: ReadStatements,
  { conversation, cursor, limit }: Given<"members">,
): string | null {
  const mark = parseMemberCursor(cursor);
  const head = statements.head.one(conversation);
  if (head === undefined) return null;
  const rows = statements.memberPage.all(head.conversation, ...mark, limit + 1);
  const taken = rows.slice(0, limit);
  const last = taken.at(-1);
  return JSON.stringify({
    members: taken.map(({ user, rank }) => [user, RANKS[rank]]),
    epoch: head.epoch,
    membersVersion: head.members_version,
    cursor: formatMemberCursor(last === undefined ? mark : [last.rank, last.user]),
    more: rows.length > limit,
  });
}

/** A `ReceiptPage`, or null, as JSON text. Its counts look through the members of this one conversation: an index of watermarks would be written with every one that rises. */
export function receiptsText(
  statements: ReadStatements,
  { conversation, seq, cursor, limit }: Given<"receipts">,
): string | null {
  const mark = parseUserCursor(cursor);
  const head = statements.head.one(conversation);
  if (head === undefined) return null;
  const counts = statements.receiptCounts.one(head.conversation, seq);
  const rows = statements.receiptPage.all(head.conversation, mark, limit + 1);
  const taken = rows.slice(0, limit);
  return JSON.stringify({
    delivered: counts?.delivered ?? 0,
    read: counts?.read ?? 0,
    users: taken.map(({ user, delivered, read }) => [user, delivered, read]),
    cursor: formatUserCursor(taken.at(-1)?.user ?? mark),
    more: rows.length > limit,
  });
}
