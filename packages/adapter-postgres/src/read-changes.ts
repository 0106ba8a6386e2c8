import type { Change, ChangePage } from "@earshot/core";
import type { Mode } from "@earshot/protocol";
import { formatMark, type Horizon, type Mark, markAfter, markAtEnd, readMark } from "./feed-mark.ts";
import { EPOCH } from "./lock-heads.ts";
import type { Transaction } from "./transaction.ts";

/** Stretches that one page looks through: of a conversation with more than one only the last tells. */
const STRETCHES_MAX = 5_000;

/** How far one page may look, and whether there is more behind it. */
const AHEAD = `SELECT count(*) AS count, max(change) AS change FROM
  (SELECT change FROM @feed WHERE change >= $1::bigint ORDER BY change LIMIT ${STRETCHES_MAX}) f`;
/** The last stretches of their conversations, and removals. Given the lowest place, the highest number and rows. */
const LAST = `SELECT f.change, f.conversation, f.last, c.id, h.mode, h.epoch, h.head, h.ord, h.members_version
  FROM @feed f
  LEFT JOIN LATERAL (SELECT h.mode, ${EPOCH}, h.head, h.ord, h.members_version FROM @heads h
    WHERE h.conversation = f.conversation LIMIT 1) h ON true
  CROSS JOIN LATERAL (SELECT id FROM @conversations WHERE number = f.conversation LIMIT 1) c
  WHERE (f.change, f.conversation) >= ($1::bigint, $2::bigint) AND f.change <= $4::bigint
    AND ((f.change, f.conversation) > ($1::bigint, $2::bigint) OR greatest(f.last, 1) > $3::bigint)
    AND (f.last = 0 OR f.last = h.head)
  ORDER BY f.change, f.conversation, f.first LIMIT $5`;

interface LastStretch {
  readonly change: number;
  readonly conversation: number;
  /** 0: the conversation was removed, and the rest is null. */
  readonly last: number;
  readonly id: string;
  readonly mode: Mode;
  readonly epoch: string;
  readonly head: number;
  readonly ord: number;
  readonly members_version: number;
}

/** One page; it may be empty although there is more. */
export async function readChanges(
  transaction: Transaction,
  horizon: Horizon,
  after: string,
  limit: number,
): Promise<ChangePage> {
  const from = readMark(after, horizon);
  const { change, conversation, seq } = from.at;
  const ahead = await transaction.one<{ readonly count: number; readonly change: number | null }>(AHEAD, [change]);
  const last = ahead?.change ?? change;
  const rows = await transaction.all<LastStretch>(LAST, [change, conversation, seq, last, limit + 1]);
  const taken = rows.slice(0, limit);
  const lastTaken = taken.at(-1);
  let mark: Mark = markAtEnd(from, horizon);
  const isFull = rows.length > limit;
  const more = isFull || ahead?.count === STRETCHES_MAX;
  // All of a number is one transaction's as a rule, and never so much.
  if (more) mark = markAfter(from, { change: last, conversation: Number.MAX_SAFE_INTEGER, seq: 0 }, horizon);
  // That a conversation was removed stands at 1.
  if (isFull && lastTaken !== undefined) {
    mark = markAfter(from, { ...lastTaken, seq: Math.max(lastTaken.last, 1) }, horizon);
  }
  return { changes: taken.map(changeOf), mark: formatMark(mark, horizon), more };
}

function changeOf({ id, last, epoch, head, ord, mode, members_version: membersVersion }: LastStretch): Change {
  if (last === 0) return { conversation: id, gone: true };
  return { conversation: id, epoch, head, ord, mode, membersVersion };
}
