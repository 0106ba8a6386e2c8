import type { TallyRow } from "@earshot/core";
import type { ConversationId } from "@earshot/protocol";
import type { Transaction } from "./transaction.ts";

const HEAD = "SELECT conversation FROM @heads WHERE id = $1";
const MESSAGES = `SELECT seq, sender FROM @events WHERE conversation = $1 AND type = 'message' ORDER BY seq DESC LIMIT $2`;
/** How many members have come so far, by the messages that they have: one walk over them. */
const MARKS = `SELECT width_bucket(delivered, $2::bigint[]) AS delivered, width_bucket(read, $2::bigint[]) AS read,
    count(*) AS count
  FROM @members WHERE conversation = $1 AND rank IS NOT NULL GROUP BY 1, 2`;
const AUTHORS = `SELECT user_id, delivered, read FROM @members
  WHERE conversation = $1 AND rank IS NOT NULL AND user_id = ANY($2::text[])`;

interface Marks {
  readonly delivered: number;
  readonly read: number;
}

/** null: no such conversation. An index of watermarks would be written with every one that rises. */
export async function readTally(
  transaction: Transaction,
  id: ConversationId,
  limit: number,
): Promise<readonly TallyRow[] | null> {
  const head = await transaction.one<{ readonly conversation: number }>(HEAD, [id]);
  if (head === undefined) return null;
  const { conversation } = head;
  const found = await transaction.all<{ readonly seq: number; readonly sender: string }>(MESSAGES, [
    conversation,
    limit,
  ]);
  if (found.length === 0) return [];
  const messages = found.toReversed();
  const seqs = messages.map(({ seq }) => seq);
  const [walked, written] = await transaction.together(
    [MARKS, [conversation, seqs]],
    [AUTHORS, [conversation, [...new Set(messages.map(({ sender }) => sender))]]],
  );
  const marks = (walked ?? []) as readonly (Marks & { readonly count: number })[];
  const authors = new Map(
    (written as readonly (Marks & { readonly user_id: string })[]).map((row) => [row.user_id, row]),
  );
  const delivered = countUp(
    marks.map((row) => [row.delivered, row.count]),
    seqs.length,
  );
  const read = countUp(
    marks.map((row) => [row.read, row.count]),
    seqs.length,
  );
  return messages.map(({ seq, sender }, n) => {
    const author = authors.get(sender);
    const less = (mark = 0) => (mark >= seq ? 1 : 0);
    return [seq, (delivered[n] ?? 0) - less(author?.delivered), (read[n] ?? 0) - less(author?.read)] as const;
  });
}

/** For each message how many have it. `farthest`: how many messages somebody has, and how many such there are. */
function countUp(
  farthest: readonly (readonly [messages: number, count: number])[],
  messages: number,
): readonly number[] {
  const counts = new Array<number>(messages).fill(0);
  for (const [has, count] of farthest) if (has > 0) counts[has - 1] = (counts[has - 1] ?? 0) + count;
  // Who has come farther has come so far as well.
  for (let n = messages - 2; n >= 0; n--) counts[n] = (counts[n] ?? 0) + (counts[n + 1] ?? 0);
  return counts;
}
