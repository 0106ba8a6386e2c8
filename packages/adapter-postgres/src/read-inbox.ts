import type { InboxPage } from "@earshot/core";
import { type ConversationId, type InboxRow, parseJson, type UserId } from "@earshot/protocol";
import { formatMark, type Horizon, type Mark, markAfter, markAtEnd, parseMark, startOf } from "./feed-mark.ts";
import type { PresentRecord, ViewRecord } from "./records.ts";
import { inboxRowText, presentText } from "./row-texts.ts";
import { spansOf } from "./spans-of.ts";
import type { Transaction } from "./transaction.ts";
import { ACCESS, memberOf, present, STATE } from "./views.ts";

/** A user's conversations with the last change that concerns them: once they have lost one, their own alone. */
const CHANGED = `SELECT m.conversation, m.rank, CASE WHEN m.rank IS NULL THEN m.change ELSE greatest(m.change, h.change) END AS change
  FROM @members m LEFT JOIN LATERAL (SELECT change FROM @heads WHERE conversation = m.conversation LIMIT 1) h ON true
  WHERE m.user_id = $1`;
/** Newest first. Given user, the place above, rows. */
const DOWN = `SELECT * FROM (${CHANGED}) c WHERE rank IS NOT NULL AND (change, conversation) < ($2::bigint, $3::bigint)
  ORDER BY change DESC, conversation DESC LIMIT $4`;
/** Oldest first. Given user, the place below, rows. */
const UP = `SELECT * FROM (${CHANGED}) c WHERE change > 0 AND (change, conversation) > ($2::bigint, $3::bigint)
  ORDER BY change, conversation LIMIT $4`;

const VIEW = `SELECT ${ACCESS}, h.id, c.title, c.meta, c.open, h.slow, c.pinned, c.retention, m.read_ord, m.mute, m.marked,
  CASE WHEN h.ord = m.read_ord THEN 0 ELSE
    (SELECT count(*) FROM @mentions n WHERE n.conversation = h.conversation AND n.user_id = m.user_id AND n.seq > m.read) +
    (SELECT count(*) FROM @mentions_of_all n
      WHERE n.conversation = h.conversation AND n.seq > m.read AND n.sender <> m.user_id) END AS mentions`;
const VIEWS = `${VIEW} FROM unnest($2::bigint[]) AS w(c)
  CROSS JOIN LATERAL (SELECT * FROM @heads WHERE conversation = w.c LIMIT 1) h ${memberOf("$1")}`;
const VIEW_BY_ID = `${VIEW} FROM (SELECT * FROM @heads WHERE id = $2) h ${memberOf("$1")}`;
const IDS = "SELECT number, id FROM @conversations WHERE number = ANY($1::bigint[])";

/** The newest message in each stretch of a log. Given user, conversations, lows and highs, both included. */
const LAST = `SELECT e.* FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS w(c, low, high) CROSS JOIN LATERAL (
    SELECT e.conversation, ${present("$1")} FROM @events e ${STATE}
    WHERE e.conversation = w.c AND e.seq >= w.low AND e.seq <= w.high AND e.type = 'message'
    ORDER BY e.seq DESC LIMIT 1
  ) e ORDER BY e.seq`;

interface ChangedRecord {
  readonly conversation: number;
  readonly rank: number | null;
  readonly change: number;
}

/**
 * Where a reading of an inbox stands. The first one goes down from the newest row; what changes meanwhile is above
 * where it began, and is read from there afterwards: so none is skipped.
 */
interface InboxCursor {
  readonly mark: Mark;
  /** The row that the way down has come to; null: it is done. */
  readonly below: readonly [change: number, conversation: number] | null;
}

export async function readInbox(
  transaction: Transaction,
  horizon: Horizon,
  user: UserId,
  given: string | null,
  limit: number,
): Promise<InboxPage> {
  const parsed = given === null ? null : parseCursor(given, horizon);
  const top: InboxCursor = { mark: { at: startOf(horizon.settled), again: null }, below: [Number.MAX_SAFE_INTEGER, 0] };
  const cursor = parsed ?? top;
  const page =
    cursor.below === null
      ? await pageUp(transaction, horizon, user, cursor, limit)
      : await pageDown(transaction, user, cursor, cursor.below, limit);
  const rows = await rowsOf(transaction, user, page.taken);
  return {
    rows,
    cursor: formatCursor(page.next, horizon),
    more: page.more,
    reset: given !== null && parsed === null,
  };
}

/** One row of it; null where the user is no member. */
export async function readInboxRow(
  transaction: Transaction,
  user: UserId,
  conversation: ConversationId,
): Promise<InboxRow | null> {
  const view = await transaction.one<ViewRecord>(VIEW_BY_ID, [user, conversation]);
  if (view === undefined) return null;
  const texts = await viewTexts(transaction, user, [view]);
  return parseJson(texts.get(view.conversation) ?? "null") as InboxRow | null;
}

interface Page {
  readonly taken: readonly ChangedRecord[];
  readonly next: InboxCursor;
  readonly more: boolean;
}

async function pageDown(
  transaction: Transaction,
  user: UserId,
  { mark }: InboxCursor,
  below: readonly [number, number],
  limit: number,
): Promise<Page> {
  const rows = await transaction.all<ChangedRecord>(DOWN, [user, ...below, limit + 1]);
  const taken = rows.slice(0, limit);
  const lowest = taken.at(-1);
  if (rows.length > limit && lowest !== undefined) {
    return { taken, next: { mark, below: [lowest.change, lowest.conversation] }, more: true };
  }
  const { change, conversation } = mark.at;
  const changed = await transaction.all<ChangedRecord>(UP, [user, change, conversation, 1]);
  return { taken, next: { mark, below: null }, more: changed.length > 0 };
}

/** What changed since, oldest change first: a row that changes again meanwhile moves ahead, never behind. */
async function pageUp(
  transaction: Transaction,
  horizon: Horizon,
  user: UserId,
  { mark }: InboxCursor,
  limit: number,
): Promise<Page> {
  const { change, conversation } = mark.at;
  const rows = await transaction.all<ChangedRecord>(UP, [user, change, conversation, limit + 1]);
  const taken = rows.slice(0, limit);
  const last = taken.at(-1);
  const more = rows.length > limit && last !== undefined;
  const next = more ? markAfter(mark, { ...last, seq: 0 }, horizon) : markAtEnd(mark, horizon);
  return { taken, next: { mark: next, below: null }, more };
}

async function rowsOf(
  transaction: Transaction,
  user: UserId,
  taken: readonly ChangedRecord[],
): Promise<InboxPage["rows"]> {
  const own = taken.filter(({ rank }) => rank !== null).map(({ conversation }) => conversation);
  const lost = taken.filter(({ rank }) => rank === null).map(({ conversation }) => conversation);
  const views = own.length === 0 ? [] : await transaction.all<ViewRecord>(VIEWS, [user, own]);
  const texts = await viewTexts(transaction, user, views);
  const names =
    lost.length === 0 ? [] : await transaction.all<{ readonly number: number; readonly id: string }>(IDS, [lost]);
  for (const { number, id } of names) texts.set(number, `{"c":${JSON.stringify(id)},"gone":true}`);
  const inOrder = taken.map(({ conversation }) => texts.get(conversation)).filter((text) => text !== undefined);
  return parseJson(`[${inOrder.join(",")}]`) as InboxPage["rows"];
}

/** Of `InboxRow`s, by conversation. */
async function viewTexts(
  transaction: Transaction,
  user: UserId,
  views: readonly ViewRecord[],
): Promise<Map<number, string>> {
  const stretches = views.flatMap((view) =>
    lastStretches(view).map((stretch) => [view.conversation, ...stretch] as const),
  );
  const values = [user, ...[0, 1, 2].map((n) => stretches.map((stretch) => stretch[n]))];
  type Last = PresentRecord & { readonly conversation: number };
  const found = stretches.length === 0 ? [] : await transaction.all<Last>(LAST, values);
  // Of several stays the newest message comes last.
  const last = new Map(found.map((event) => [event.conversation, presentText(event)]));
  return new Map(views.map((view) => [view.conversation, inboxRowText(view, last.get(view.conversation) ?? "null")]));
}

/** Where the newest message that this member can have is looked for. */
function lastStretches(view: ViewRecord): readonly (readonly [low: number, high: number])[] {
  const spans = spansOf(view).map(([from, to]) => [from, to ?? view.head] as const);
  // As a rule they can have the newest of all, which is known, however much else has been done since.
  const newest = view.last_message;
  return spans.some(([from, to]) => from <= newest && newest <= to) ? [[newest, newest]] : spans;
}

function formatCursor({ mark, below }: InboxCursor, horizon: Horizon): string {
  return `${below === null ? "" : below.join("-")}.${formatMark(mark, horizon)}`;
}

/** null: not one that this store has given out. */
function parseCursor(text: string, horizon: Horizon): InboxCursor | null {
  const [, below, change, conversation, rest = ""] = /^((\d{1,16})-(\d{1,16}))?\.(.*)$/s.exec(text) ?? [];
  const mark = parseMark(rest, horizon);
  if (mark === null) return null;
  return { mark, below: below === undefined ? null : [Number(change), Number(conversation)] };
}
