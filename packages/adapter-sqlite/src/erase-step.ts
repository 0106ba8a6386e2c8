import type { EraseMark, Given } from "./calls.ts";
import type { ChangingRows } from "./changing-rows.ts";
import { deleteMessage } from "./delete-message.ts";
import { takeReactions } from "./take-reactions.ts";
import type { WriteStatements } from "./write-statements.ts";

/** The hash of a key that takes any content as the one that was sent. */
export const ANY_CONTENT = "";

/** One step looks through so many events, and changes so many rows, at most: what waits for it waits for milliseconds. */
const SEEN_ROWS = 4_000;
const CHANGED_ROWS = 200;

/**
 * The next step of an erasure; null after the last. What a crash interrupts, a repeat does to the end.
 * Events are looked through: who wrote them is in no index, which every message would pay for.
 */
export function eraseStep(
  statements: WriteStatements,
  rows: ChangingRows,
  { user, conversation: id, from }: Given<"erase">,
): EraseMark | null {
  if (id === null) return eraseBlocks(statements, user);
  const head = rows.head(id);
  if (head === null) return null;
  const { conversation } = head;
  // What they write from now on is as ever.
  const mark = from ?? { to: head.head, seq: head.first - 1, key: null };
  if (mark.key !== null) return eraseKeys(statements, conversation, user, mark, mark.key);
  const end = Math.min(mark.seq + SEEN_ROWS, mark.to);
  const written = statements.upkeep.written.all(conversation, mark.seq, end, user, CHANGED_ROWS);
  for (const event of written) eraseEvent(statements, conversation, user, event);
  // Rows of their inboxes are other rows now.
  if (written.length > 0) head.change = rows.nextChange();
  const seq = written.length < CHANGED_ROWS ? end : (written.at(-1)?.seq ?? end);
  return { ...mark, seq, key: seq < mark.to ? null : "" };
}

function eraseBlocks(statements: WriteStatements, user: string): EraseMark | null {
  const { deleteBlocks, deleteBlocksOf } = statements.upkeep;
  const own = Number(deleteBlocks.run(user, CHANGED_ROWS).changes);
  const others = Number(deleteBlocksOf.run(user, CHANGED_ROWS).changes);
  return Math.max(own, others) < CHANGED_ROWS ? null : { to: 0, seq: 0, key: null };
}

function eraseEvent(
  statements: WriteStatements,
  conversation: number,
  user: string,
  { seq, type, re }: { readonly seq: number; readonly type: string; readonly re: number | null },
): void {
  const { effects, upkeep } = statements;
  if (type === "message") {
    deleteMessage(statements, conversation, seq);
    return;
  }
  effects.blankEvent.run(conversation, seq);
  if (re === null) return;
  if (type === "react") takeReactions(effects, conversation, re, user);
  // Of another's message: it stands again as it did before.
  else if (type === "edit") upkeep.setEditedBefore.run(conversation, re, seq);
}

function eraseKeys(
  { upkeep }: WriteStatements,
  conversation: number,
  user: string,
  mark: EraseMark,
  after: string,
): EraseMark | null {
  const last = upkeep.keysOf.all(conversation, user, after, CHANGED_ROWS);
  const to = last.at(-1)?.id;
  if (to === undefined) return null;
  upkeep.setHashes.run(ANY_CONTENT, conversation, user, after, to, mark.to);
  return last.length < CHANGED_ROWS ? null : { ...mark, key: to };
}
