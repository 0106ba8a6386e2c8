import type { ReadStatements } from "./read-statements.ts";
import type { PresentRecord } from "./records.ts";
import { presentText } from "./row-texts.ts";

/** An `EventRow` as it stands now, for a reader (null: nobody's reactions are their own), as JSON text. */
export function presentRowText(
  statements: ReadStatements,
  conversation: number,
  event: PresentRecord,
  reader: string | null,
): string {
  const replies = event.replies ?? 0;
  if (event.deleted === 1) return presentText(event, { body: null, edited: null, reactions: null, replies });
  const { edited } = event;
  const body = edited === null ? event.body : (statements.body.one(conversation, edited)?.body ?? null);
  const reactions = (event.keys ?? 0) > 0 ? reactionsText(statements, conversation, event.seq, reader) : null;
  return presentText(event, { body, edited, reactions, replies });
}

function reactionsText(statements: ReadStatements, conversation: number, seq: number, reader: string | null): string {
  const own = new Set(
    reader === null ? [] : statements.ownReactions.all(conversation, seq, reader).map(({ key }) => key),
  );
  const counts = statements.reactions.all(conversation, seq);
  return JSON.stringify(counts.map(({ key, count }) => [key, count, own.has(key)]));
}
