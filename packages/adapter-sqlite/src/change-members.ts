import type { MemberText } from "./calls.ts";
import type { ChangingRows, Head, Member } from "./changing-rows.ts";
import type { WriteStatements } from "./write-statements.ts";

/** Joins, leaves and roles that come with the entry at the head, which has its change number already. */
export function changeMembers(
  statements: WriteStatements,
  rows: ChangingRows,
  head: Head,
  change: number,
  changes: readonly MemberText[],
): void {
  const { conversation } = head;
  let changed = false;
  // A user that is named twice ends as the last one says.
  for (const [user, rank] of new Map(changes)) {
    const member = rows.member(conversation, user);
    const before = member?.rank ?? null;
    if (before === rank) continue;
    changed = true;
    if (rank === null) {
      statements.leave.run(head.head, change, conversation, user);
      statements.effects.deleteMentionsUpTo.run(conversation, user, head.head);
      if (member !== null) Object.assign(member, { rank, change, marked: false });
      head.members -= 1;
    } else if (before === null) {
      rows.addMember(joined(statements, head, change, user, rank, member));
      head.members += 1;
    } else {
      statements.setRank.run(rank, change, conversation, user);
      if (member !== null) Object.assign(member, { rank, change });
    }
  }
  if (changed) head.membersVersion += 1;
}

/** `before`: as they left. */
function joined(
  statements: WriteStatements,
  { conversation, head: seq, ord }: Head,
  change: number,
  user: string,
  rank: number,
  before: Member | null,
): Member {
  statements.join.run(rank, seq, seq, seq, ord, change, conversation, user);
  const marks = { delivered: seq, read: seq, readOrd: ord, lastAt: before?.lastAt ?? null, marked: false };
  return { conversation, user, rank, ...marks, change, mentionsOver: false, unwritten: before?.unwritten ?? false };
}
