import type { Expired } from "@earshot/core";
import type { ConversationId } from "@earshot/protocol";
import type { Head } from "./batch-rows.ts";
import { lockHead } from "./lock-heads.ts";
import type { Transaction } from "./transaction.ts";
import { unmentionWrites } from "./write-batch.ts";

/** Events taken away in one call, so that what waits for it waits for milliseconds. */
const EXPIRED_ROWS_MAX = 500;

const BEGINNING = "conversation = $1 AND seq >= $2 AND seq < $3";
/** The first event that is not older, up to a seq. */
const NOT_OLDER = `SELECT seq FROM @events WHERE conversation = $1 AND seq >= $2 AND seq <= $3 AND at >= $4
  ORDER BY seq LIMIT 1`;
/** `ord` before the first event that is kept. */
const ORD_BEFORE = `SELECT ord - (type = 'message')::int AS ord FROM @events WHERE conversation = $1 AND seq = $2`;
/** The seq where `ord` comes to a value, in halving steps: given conversation, a seq before it, one not before it, and the value. */
const WHERE_ORD = `WITH RECURSIVE steps(low, high) AS (
    SELECT $2::bigint, $3::bigint
    UNION ALL SELECT CASE WHEN e.ord < $4 THEN e.seq ELSE s.low END, CASE WHEN e.ord < $4 THEN s.high ELSE e.seq END
    FROM steps s CROSS JOIN LATERAL (SELECT seq, ord FROM @events
      WHERE conversation = $1 AND seq = (s.low + s.high) / 2 LIMIT 1) e
    WHERE s.high - s.low > 1
  ) SELECT min(high) AS seq FROM steps`;
const MENTIONS = `SELECT conversation, seq, mentions FROM @events
  WHERE ${BEGINNING} AND type = 'message' AND mentions IS NOT NULL`;
const PURGE_REACTIONS = `INSERT INTO @purges (conversation, message)
  SELECT DISTINCT conversation, message FROM @reaction_counts WHERE conversation = $1 AND message < $2 ON CONFLICT DO NOTHING`;
const COUNTS = "DELETE FROM @reaction_counts WHERE conversation = $1 AND message < $2";
const STATES = "DELETE FROM @message_states WHERE conversation = $1 AND seq < $2";
/** A stretch goes with the last of its events. */
const STRETCHES = `DELETE FROM @feed f USING (SELECT DISTINCT conversation, change FROM @events WHERE ${BEGINNING}) e
  WHERE f.change = e.change AND f.conversation = e.conversation AND f.last > 0 AND f.last < $3`;
const EVENTS = `DELETE FROM @events WHERE ${BEGINNING}`;
const FIRST = "UPDATE @heads SET first = $2 WHERE conversation = $1";

/** Takes away what a rule lets go of at the log's beginning, as far as one call goes. null: no such conversation. */
export async function expireBeginning(
  transaction: Transaction,
  id: ConversationId,
  { before, messages }: { readonly before?: number; readonly messages?: number },
  rows: number,
): Promise<Expired | null> {
  const head = await lockHead(transaction, id);
  if (head === null) return null;
  const { first } = head;
  const most = Math.min(head.head, first + Math.min(rows, EXPIRED_ROWS_MAX));
  const wanted = Math.max(
    first,
    before === undefined ? 0 : await youngFrom(transaction, head, before, most),
    messages === undefined ? 0 : await newestFrom(transaction, head, messages),
  );
  const from = Math.min(wanted, most);
  if (from > first) await take(transaction, head, from);
  return { from, more: Math.min(wanted, head.head) > from };
}

/** The first seq up to `most` whose event is not older; the one after `most` if there is none. */
async function youngFrom(transaction: Transaction, head: Head, before: number, most: number): Promise<number> {
  const young = await transaction.one<{ readonly seq: number }>(NOT_OLDER, [
    head.conversation,
    head.first,
    most,
    Math.ceil(before),
  ]);
  return young?.seq ?? most + 1;
}

/** The seq of the oldest of the newest messages; 0 where there are no more than these. */
async function newestFrom(transaction: Transaction, head: Head, messages: number): Promise<number> {
  const { conversation, first } = head;
  const oldest = head.ord - messages + 1;
  const before = await transaction.one<{ readonly ord: number }>(ORD_BEFORE, [conversation, first]);
  if (oldest <= Math.max(1, before?.ord ?? 0)) return 0;
  const found = await transaction.one<{ readonly seq: number }>(WHERE_ORD, [
    conversation,
    first - 1,
    head.head,
    oldest,
  ]);
  return found?.seq ?? 0;
}

/** Everything of a conversation that is about events below `from`. */
async function take(transaction: Transaction, { conversation, first }: Head, from: number): Promise<void> {
  type Named = { readonly conversation: number; readonly seq: number; readonly mentions: string };
  const named = await transaction.all<Named>(MENTIONS, [conversation, first, from]);
  await transaction.commit(
    ...unmentionWrites(named),
    // Who has reacted, which may be many, is taken out in small steps.
    [PURGE_REACTIONS, [conversation, from]],
    [COUNTS, [conversation, from]],
    [STATES, [conversation, from]],
    [STRETCHES, [conversation, first, from]],
    [EVENTS, [conversation, first, from]],
    [FIRST, [conversation, from]],
  );
}
