import type { ConversationText, CreateOutcome } from "./calls.ts";
import type { ChangingRows } from "./changing-rows.ts";
import type { WriteStatements } from "./write-statements.ts";

/** A conversation with its first events and members, unless it is there already. */
export function createConversation(
  statements: WriteStatements,
  rows: ChangingRows,
  made: ConversationText,
): CreateOutcome {
  const existing = existingOutcome(statements, made);
  if (existing !== null) return existing;
  const { id, pair, creator, kind, mode, title, meta, at } = made;
  const change = rows.nextChange();
  const flags = [made.open ? 1 : 0, made.wholeHistory ? 1 : 0] as const;
  const inserted = statements.insertConversation.run(id, pair, creator, kind, mode, title, meta, ...flags);
  const conversation = Number(inserted.lastInsertRowid);
  statements.insertHead.run(conversation, made.epoch, made.first.length, made.members.length, change);
  for (const [before, [type, body]] of made.first.entries()) {
    statements.insertEvent.run(conversation, before + 1, 0, type, null, creator, at, body, null, null, null, change);
  }
  statements.insertStretch.run(change, conversation, 1, made.first.length);
  for (const [user, rank] of made.members) {
    statements.join.run(rank, 1, 1, 1, 0, change, conversation, user);
  }
  if (!made.members.some(([user]) => user === creator)) statements.noteWriter.run(conversation, creator);
  return { kind: "created", membersVersion: 1 };
}

function existingOutcome(statements: WriteStatements, made: ConversationText): CreateOutcome | null {
  const direct = made.pair === null ? undefined : statements.direct.one(made.pair);
  if (direct !== undefined) return { kind: "existing", id: direct.id };
  const same = statements.conversation.one(made.id);
  if (same === undefined) return null;
  const own = same.removed === 0 && same.creator === made.creator;
  return own ? { kind: "existing", id: same.id } : { kind: "conflict" };
}
