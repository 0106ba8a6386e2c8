import type { Expired } from "@earshot/core";
import type { Given } from "./calls.ts";
import type { ChangingRows, Head } from "./changing-rows.ts";
import { unmention } from "./delete-message.ts";
import { firstFrom } from "./find-message.ts";
import type { WriteStatements } from "./write-statements.ts";

/** Events taken away in one call, so that what waits for it waits for milliseconds. */
export const EXPIRED_ROWS_MAX = 250;

/** Takes away what a rule lets go of at the log's beginning, as far as one call goes. null: no such conversation. */
export function expireBeginning(
  statements: WriteStatements,
  rows: ChangingRows,
  { conversation: id, before, messages, rows: asked }: Given<"expire">,
): Expired | null {
  const head = rows.head(id);
  if (head === null) return null;
  const { first } = head;
  const most = Math.min(head.head, first + Math.min(asked, EXPIRED_ROWS_MAX));
  const wanted = Math.max(
    first,
    before === null ? 0 : youngFrom(statements, head, before, most),
    messages === null ? 0 : newestFrom(statements, head, messages),
  );
  const from = Math.min(wanted, most);
  if (from > first) {
    take(statements, head, from);
    head.first = from;
  }
  return { from, more: Math.min(wanted, head.head) > from };
}

/** The first seq up to `most` whose event is not older; the one after `most` if there is none. */
function youngFrom(statements: WriteStatements, head: Head, before: number, most: number): number {
  return statements.upkeep.notOlder.one(head.conversation, head.first, most, before)?.seq ?? most + 1;
}

/** The seq of the oldest of the newest messages; 0 where there are no more than these. */
function newestFrom(statements: WriteStatements, head: Head, messages: number): number {
  const oldest = head.ord - messages + 1;
  const ordAt = (seq: number) => statements.ordAt.one(head.conversation, seq)?.ord ?? 0;
  if (oldest <= Math.max(1, ordAt(head.first - 1))) return 0;
  return firstFrom((seq) => ordAt(seq) >= oldest, head.first - 1, head.head);
}

/** Everything of a conversation that is about events below `from`. */
function take(statements: WriteStatements, { conversation, first }: Head, from: number): void {
  const { effects, insertPurge, upkeep } = statements;
  for (const { seq, mentions } of upkeep.mentionsBefore.all(conversation, first, from)) {
    unmention(effects, conversation, seq, mentions);
  }
  // Who has reacted, which may be many, is taken out in small steps.
  for (const { message } of upkeep.reactedBefore.all(conversation, from)) insertPurge.run(conversation, message);
  upkeep.deleteCountsBefore.run(conversation, from);
  upkeep.deleteStatesBefore.run(conversation, from);
  upkeep.deleteStretches.run(conversation, first, from);
  upkeep.deleteEvents.run(conversation, first, from);
  upkeep.setFirst.run(from, conversation);
}
