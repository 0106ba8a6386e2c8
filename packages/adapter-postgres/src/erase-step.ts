import type { ConversationId, UserId } from "@earshot/protocol";
import { ANY_CONTENT } from "./append-entry.ts";
import { columns } from "./columns.ts";
import { lockHead } from "./lock-heads.ts";
import type { Command, Transaction } from "./transaction.ts";
import { BLANK_EVENTS, deletionWrites } from "./write-batch.ts";

/** One step looks through so many events, and changes so many rows, at most: what waits for it waits for milliseconds. */
const SEEN_ROWS = 4_000;
const CHANGED_ROWS = 200;

/** How far an erasure has come: events first, then keys. Nothing above `to` is touched. */
export interface EraseMark {
  readonly to: number;
  /** The seq that the last step ended with. */
  readonly seq: number;
  /** The key that it ended with; null: events are left. */
  readonly key: string | null;
}

const WRITTEN = `SELECT e.seq, e.type, e.re, e.mentions, coalesce(s.keys, 0) AS keys FROM @events e
  LEFT JOIN LATERAL (SELECT keys FROM @message_states WHERE conversation = e.conversation AND seq = e.seq LIMIT 1) s ON true
  WHERE e.conversation = $1 AND e.seq > $2 AND e.seq <= $3 AND e.sender = $4 AND NOT e.deleted
    AND e.type NOT IN ('member', 'meta', 'delete') ORDER BY e.seq LIMIT ${CHANGED_ROWS}`;
const TOUCH = "UPDATE @heads SET change = $2 WHERE conversation = $1";

const REACTED = "unnest($2::bigint[]) AS w(m)";
/** Takes back all that a user has reacted to some messages, and what their counts make of it. */
const UNREACT = `WITH gone AS (
    DELETE FROM @reactions r USING ${REACTED} WHERE r.conversation = $1 AND r.message = w.m AND r.user_id = $3
    RETURNING r.message, r.key
  ) UPDATE @reaction_counts t SET count = t.count - 1 FROM gone
  WHERE t.conversation = $1 AND t.message = gone.message AND t.key = gone.key`;
const UNCOUNT = `WITH gone AS (
    DELETE FROM @reaction_counts t USING ${REACTED} WHERE t.conversation = $1 AND t.message = w.m AND t.count = 0
    RETURNING t.message
  ), lost AS (SELECT message, count(*) AS keys FROM gone GROUP BY message)
  UPDATE @message_states s SET keys = s.keys - lost.keys FROM lost WHERE s.conversation = $1 AND s.seq = lost.message`;
/** Edits of another's message: it stands again as it did before. */
const UNEDIT = `UPDATE @message_states s SET edited = (SELECT max(e.seq) FROM @events e
    WHERE e.conversation = $1 AND e.re = s.seq AND e.type = 'edit' AND NOT e.deleted)
  FROM ${REACTED} WHERE s.conversation = $1 AND s.seq = w.m AND s.edited IS NOT NULL`;

const KEYS = `SELECT id FROM @keys WHERE conversation = $1 AND sender = $2 AND id > $3 ORDER BY id LIMIT ${CHANGED_ROWS}`;
const SET_HASHES = `UPDATE @keys SET hash = '${ANY_CONTENT}'
  WHERE conversation = $1 AND sender = $2 AND id > $3 AND id <= $4 AND seq <= $5 AND hash <> '${ANY_CONTENT}'`;
const UNBLOCK = "DELETE FROM @blocks WHERE user_id = $1 OR other = $1";

interface Written {
  readonly seq: number;
  readonly type: string;
  readonly re: number | null;
  readonly mentions: string | null;
  readonly keys: number;
}

/**
 * The next step of an erasure; null after the last. What a crash interrupts, a repeat does to the end.
 * Events are looked through: who wrote them is in no index, which every message would pay for.
 */
export async function eraseStep(
  transaction: Transaction,
  user: UserId,
  id: ConversationId,
  from: EraseMark | null,
): Promise<EraseMark | null> {
  const head = await lockHead(transaction, id);
  if (head === null) return null;
  const { conversation, change } = head;
  // What they write from now on is as ever.
  const mark = from ?? { to: head.head, seq: head.first - 1, key: null };
  if (mark.key !== null) return eraseKeys(transaction, conversation, user, mark, mark.key);
  const end = Math.min(mark.seq + SEEN_ROWS, mark.to);
  const written = await transaction.all<Written>(WRITTEN, [conversation, mark.seq, end, user]);
  if (written.length > 0) {
    // Rows of their inboxes are other rows now.
    await transaction.commit(...eventWrites(conversation, user, written), [TOUCH, [conversation, change]]);
  }
  const seq = written.length < CHANGED_ROWS ? end : (written.at(-1)?.seq ?? end);
  return { ...mark, seq, key: seq < mark.to ? null : "" };
}

/** What is kept of them apart from conversations. */
export async function eraseBlocks(transaction: Transaction, user: UserId): Promise<void> {
  await transaction.all(UNBLOCK, [user]);
}

function eventWrites(conversation: number, user: UserId, written: readonly Written[]): readonly Command[] {
  const own = written.filter(({ type }) => type === "message");
  const others = written.filter(({ type }) => type !== "message");
  const targets = (type: string) => [...new Set(others.filter((each) => each.type === type).map(({ re }) => re))];
  const commands = [
    ...deletionWrites(own.map(({ seq, mentions, keys }) => ({ conversation, seq, mentions, reacted: keys > 0 }))),
  ];
  if (others.length > 0) {
    commands.push([
      BLANK_EVENTS,
      columns(
        others.map(({ seq }) => [conversation, seq]),
        2,
      ),
    ]);
  }
  const reacted = targets("react");
  if (reacted.length > 0) {
    commands.push([UNREACT, [conversation, reacted, user]], [UNCOUNT, [conversation, reacted]]);
  }
  const edited = targets("edit");
  if (edited.length > 0) commands.push([UNEDIT, [conversation, edited]]);
  return commands;
}

async function eraseKeys(
  transaction: Transaction,
  conversation: number,
  user: UserId,
  mark: EraseMark,
  after: string,
): Promise<EraseMark | null> {
  const last = await transaction.all<{ readonly id: string }>(KEYS, [conversation, user, after]);
  const to = last.at(-1)?.id;
  if (to === undefined) return null;
  await transaction.commit([SET_HASHES, [conversation, user, after, to, mark.to]]);
  return last.length < CHANGED_ROWS ? null : { ...mark, key: to };
}
