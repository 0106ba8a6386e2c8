import type { Removed } from "@earshot/core";
import type { Given } from "./calls.ts";
import type { ChangingRows } from "./changing-rows.ts";
import type { WriteStatements } from "./write-statements.ts";

/**
 * Takes a conversation away from everybody at once: without its head no statement finds it. Its rows,
 * which may be millions, are purged afterwards. What stays is its id, which is never used again, a mark
 * for each member, which brings `gone` to whoever reads their inbox from an older cursor, and one in
 * the feed.
 */
export function removeConversation(
  statements: WriteStatements,
  rows: ChangingRows,
  { conversation: id, user, by }: Given<"remove">,
): Removed {
  const head = rows.head(id);
  if (head === null) return { kind: "refused", code: "not_found" };
  if (user !== null) {
    const rank = rows.member(head.conversation, user)?.rank ?? null;
    if (rank === null) return { kind: "refused", code: "not_found" };
    if ((by & (1 << rank)) === 0) return { kind: "refused", code: "forbidden" };
  }
  const { conversation } = head;
  const change = rows.nextChange();
  // What the round has changed of it so far is written, and forgotten: the statements below are the last word.
  rows.write();
  const members = statements.memberNames.all(conversation).map((member) => member.user);
  statements.endMembers.run(change, conversation);
  statements.deleteHead.run(conversation);
  statements.emptyConversation.run(conversation);
  statements.insertPurge.run(conversation, 0);
  statements.insertStretch.run(change, conversation, 0, 0);
  return { kind: "removed", members };
}
