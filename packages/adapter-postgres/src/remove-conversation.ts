import type { Removed } from "@earshot/core";
import type { ConversationId, Role, UserId } from "@earshot/protocol";
import { lockHead } from "./lock-heads.ts";
import { roleOf } from "./ranks.ts";
import type { Transaction } from "./transaction.ts";

const RANK = "SELECT rank FROM @members WHERE conversation = $1 AND user_id = $2";
const NAMES = `SELECT user_id FROM @members WHERE conversation = $1 AND rank IS NOT NULL ORDER BY user_id FOR NO KEY UPDATE`;
const END_MEMBERS = `UPDATE @members SET rank = NULL, past = '[]', mute = NULL, marked = false, change = $2
  WHERE conversation = $1 AND rank IS NOT NULL`;
const DELETE_HEAD = "DELETE FROM @heads WHERE conversation = $1";
const EMPTY = `UPDATE @conversations SET pair = NULL, title = NULL, meta = NULL, pinned = '[]', retention = NULL,
    removed = true WHERE number = $1`;
const PURGE = "INSERT INTO @purges (conversation, message) VALUES ($1, 0)";
const STRETCH = "INSERT INTO @feed (change, conversation, first, last) VALUES ($2, $1, 0, 0)";

/**
 * Takes a conversation away from everybody at once: without its head no statement finds it. Its rows,
 * which may be millions, are purged afterwards. What stays is its id, which is never used again, a mark
 * for each member, which brings `gone` to whoever reads their inbox from an older cursor, and one in the feed.
 */
export async function removeConversation(
  transaction: Transaction,
  id: ConversationId,
  user: UserId | null,
  by: readonly Role[],
): Promise<Removed> {
  const head = await lockHead(transaction, id);
  if (head === null) return { kind: "refused", code: "not_found" };
  const { conversation, change } = head;
  if (user !== null) {
    const member = await transaction.one<{ readonly rank: number | null }>(RANK, [conversation, user]);
    const rank = member?.rank ?? null;
    if (rank === null) return { kind: "refused", code: "not_found" };
    if (!by.includes(roleOf(rank))) return { kind: "refused", code: "forbidden" };
  }
  const names = await transaction.all<{ readonly user_id: string }>(NAMES, [conversation]);
  await transaction.commit(
    [END_MEMBERS, [conversation, change]],
    [DELETE_HEAD, [conversation]],
    [EMPTY, [conversation]],
    [PURGE, [conversation]],
    [STRETCH, [conversation, change]],
  );
  return { kind: "removed", members: names.map(({ user_id: name }) => name) };
}
