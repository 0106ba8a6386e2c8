import type { Raise, Raised } from "@earshot/core";
import type { ConversationId, UserId } from "@earshot/protocol";
import { columns } from "./columns.ts";
import { EPOCH, NOW } from "./lock-heads.ts";
import type { Command, Transaction } from "./transaction.ts";

/** Members are locked in the order in which appends lock them; their heads are only read. */
const LOCK = `SELECT w.conversation, w.id, w.epoch, w.head, w.ord, w.members, ${NOW} AS now,
    m.user_id, m.delivered, m.read, m.read_ord, m.marked, m.change
  FROM (
    SELECT h.conversation, h.id, ${EPOCH}, h.head, h.ord, h.members, w.u FROM unnest($1::text[], $2::text[]) AS w(c, u)
    CROSS JOIN LATERAL (SELECT * FROM @heads WHERE id = w.c LIMIT 1) h
    ORDER BY h.conversation, w.u COLLATE "C"
  ) w CROSS JOIN LATERAL (SELECT * FROM @members
    WHERE conversation = w.conversation AND user_id = w.u AND rank IS NOT NULL FOR NO KEY UPDATE) m`;
/** \`ord\` at a seq. Of what has expired it is that of the last of it: the first event that is kept tells. */
const ORD_AT = `SELECT w.c, w.s, e.ord FROM unnest($1::bigint[], $2::bigint[]) AS w(c, s)
  CROSS JOIN LATERAL (SELECT CASE WHEN seq > w.s AND type = 'message' THEN ord - 1 ELSE ord END AS ord FROM @events
    WHERE conversation = w.c AND seq >= w.s ORDER BY seq LIMIT 1) e`;
const WRITE = `UPDATE @members m SET delivered = w.d, read = w.r, read_ord = w.o, marked = w.m, change = w.n
  FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[], $7::bigint[])
    AS w(c, u, d, r, o, m, n)
  WHERE m.conversation = w.c AND m.user_id = w.u`;
const UNMENTION = `DELETE FROM @mentions t USING unnest($1::bigint[], $2::text[], $3::bigint[]) AS w(c, u, s)
  WHERE t.conversation = w.c AND t.user_id = w.u AND t.seq <= w.s`;

interface Row {
  readonly conversation: number;
  readonly id: string;
  readonly epoch: string;
  readonly head: number;
  readonly ord: number;
  readonly members: number;
  readonly now: number;
  readonly user_id: string;
  readonly read_ord: number;
  delivered: number;
  read: number;
  marked: boolean;
  change: number;
  readRose?: boolean;
  unwritten?: boolean;
}

/** Raises watermarks, each member's in the order given; null for who is none (I14). */
export async function raiseMarks(
  transaction: Transaction,
  raises: readonly Raise[],
): Promise<readonly (Raised | null)[]> {
  const asked = new Map(
    raises.map(({ user, conversation }) => [placeOf(conversation, user), [conversation, user]] as const),
  );
  const found = await transaction.all<Row>(LOCK, columns([...asked.values()], 2));
  const rows = new Map(found.map((row) => [placeOf(row.id, row.user_id), row]));
  const raised = raises.map((raise) => {
    const row = rows.get(placeOf(raise.conversation, raise.user));
    return row === undefined ? null : raiseOne(row, raise);
  });
  const changed = found.filter(({ unwritten }) => unwritten);
  if (changed.length > 0) await transaction.commit(...(await writesOf(transaction, changed)));
  return raised;
}

function raiseOne(row: Row, given: Raise): Raised {
  const { epoch, head, members } = row;
  const to: Pick<Raise, "delivered" | "read"> = given.epoch === undefined || given.epoch === epoch ? given : {};
  const read = Math.max(row.read, Math.min(to.read ?? 0, head));
  const delivered = Math.max(row.delivered, Math.min(to.delivered ?? 0, head), read);
  const readRose = read > row.read;
  const rose = readRose || delivered > row.delivered;
  const unmarked = row.marked && to.read !== undefined;
  if (rose || unmarked) row.unwritten = true;
  if (readRose) row.readRose = true;
  // Their inbox row says nothing new of `delivered` alone.
  if (readRose || unmarked) row.change = Math.max(row.change, row.now);
  if (unmarked) row.marked = false;
  row.read = read;
  row.delivered = delivered;
  return { epoch, delivered, read, rose, members };
}

async function writesOf(transaction: Transaction, changed: readonly Row[]): Promise<readonly Command[]> {
  const risen = changed.filter(({ readRose }) => readRose);
  const behind = risen.filter(({ read, head }) => read < head);
  const places = behind.map(({ conversation, read }) => [conversation, read]);
  type Found = { readonly c: number; readonly s: number; readonly ord: number };
  const found = places.length === 0 ? [] : await transaction.all<Found>(ORD_AT, columns(places, 2));
  const ords = new Map(found.map(({ c, s, ord }) => [placeOf(c, s), ord]));
  const ordOf = ({ readRose, read, read_ord: before, head, ord, conversation }: Row) => {
    if (!readRose) return before;
    return read === head ? ord : (ords.get(placeOf(conversation, read)) ?? before);
  };
  const write: Command = [
    WRITE,
    columns(
      changed.map((row) => [
        row.conversation,
        row.user_id,
        row.delivered,
        row.read,
        ordOf(row),
        row.marked,
        row.change,
      ]),
      7,
    ),
  ];
  // Only a message names anybody: where none was unread, there is nothing to take out.
  const named = risen.filter((row) => ordOf(row) > row.read_ord);
  if (named.length === 0) return [write];
  return [
    write,
    [
      UNMENTION,
      columns(
        named.map((row) => [row.conversation, row.user_id, row.read]),
        3,
      ),
    ],
  ];
}

function placeOf(conversation: ConversationId | number, user: UserId | number): string {
  return `${conversation} ${user}`;
}
