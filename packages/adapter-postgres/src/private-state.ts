import type { ConversationId, UserId } from "@earshot/protocol";
import { lockHead, NOW } from "./lock-heads.ts";
import type { Transaction } from "./transaction.ts";

/** Only what is given changes: a null leaves the mark, and \`$5\` says whether \`mute\` is given. */
const PUT = `UPDATE @members m SET marked = coalesce($3::boolean, m.marked),
    mute = CASE WHEN $5::boolean THEN $4::text ELSE m.mute END, change = greatest(m.change, ${NOW})
  WHERE m.conversation = (SELECT conversation FROM @heads WHERE id = $2) AND m.user_id = $1 AND m.rank IS NOT NULL
  RETURNING 1 AS done`;
const IS_MEMBER = "SELECT 1 AS yes FROM @members WHERE conversation = $1 AND user_id = $2 AND rank IS NOT NULL";
const BAN = "INSERT INTO @bans (conversation, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const UNBAN = "DELETE FROM @bans WHERE conversation = $1 AND user_id = $2";
const BLOCK = "INSERT INTO @blocks (user_id, other) VALUES ($1, $2) ON CONFLICT DO NOTHING";
const UNBLOCK = "DELETE FROM @blocks WHERE user_id = $1 AND other = $2";
/** The \`direct\` of two users, locked: what is being sent to it ends first. */
const LOCK_DIRECT =
  "SELECT 1 AS yes FROM @heads WHERE id = (SELECT id FROM @conversations WHERE pair = $1) FOR NO KEY UPDATE";

/** A member's private state; false: the user is no member. */
export async function putState(
  transaction: Transaction,
  user: UserId,
  conversation: ConversationId,
  { mute, marked }: { readonly mute?: boolean | number; readonly marked?: boolean },
): Promise<boolean> {
  const text = mute === undefined || mute === false ? null : JSON.stringify(mute);
  const values = [user, conversation, marked ?? null, text, mute !== undefined];
  return (await transaction.one(PUT, values)) !== undefined;
}

/** false: they are a member, or there is no such conversation. Behind the head's lock, as joining is. */
export async function putBan(
  transaction: Transaction,
  conversation: ConversationId,
  user: UserId,
  banned: boolean,
): Promise<boolean> {
  const head = await lockHead(transaction, conversation);
  if (head === null || (await transaction.one(IS_MEMBER, [head.conversation, user])) !== undefined) return false;
  await transaction.commit([banned ? BAN : UNBAN, [head.conversation, user]]);
  return true;
}

export async function putBlock(transaction: Transaction, user: UserId, other: UserId, blocked: boolean): Promise<void> {
  await transaction.together(
    [LOCK_DIRECT, [[user, other].sort().join(" ")]],
    [blocked ? BLOCK : UNBLOCK, [user, other]],
  );
}
