import type { Access, MemberPage, ReceiptPage } from "@earshot/core";
import type { ConversationId, ConversationKind, UserId } from "@earshot/protocol";
import { EPOCH } from "./lock-heads.ts";
import { formatMemberCursor, formatUserCursor, parseMemberCursor, parseUserCursor } from "./member-cursor.ts";
import { roleOf } from "./ranks.ts";
import type { AccessRecord } from "./records.ts";
import { spansOf } from "./spans-of.ts";
import type { Transaction } from "./transaction.ts";
import { ACCESS, memberOf } from "./views.ts";

const HEAD = `SELECT h.conversation, ${EPOCH}, h.members_version FROM @heads h WHERE h.id = $1`;
const MEMBERS = `SELECT user_id, rank FROM @members
  WHERE conversation = $1 AND rank IS NOT NULL AND (rank, user_id) > ($2::smallint, $3::text)
  ORDER BY rank, user_id LIMIT $4`;
const COUNTS = `SELECT count(*) FILTER (WHERE delivered >= $2::bigint) AS delivered,
    count(*) FILTER (WHERE read >= $2::bigint) AS read
  FROM @members WHERE conversation = $1 AND rank IS NOT NULL`;
const RECEIPTS = `SELECT user_id, delivered, read FROM @members
  WHERE conversation = $1 AND rank IS NOT NULL AND user_id > $2::text ORDER BY user_id LIMIT $3`;
const ACCESSES = `SELECT ${ACCESS}, w.n FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(u, c, n)
  CROSS JOIN LATERAL (SELECT * FROM @heads WHERE id = w.c LIMIT 1) h ${memberOf("w.u")}`;

interface HeadRow {
  readonly conversation: number;
  readonly epoch: string;
  readonly members_version: number;
}

/** One page and its version of one snapshot; null: no such conversation. */
export async function readMembers(
  transaction: Transaction,
  conversation: ConversationId,
  cursor: string | null,
  limit: number,
): Promise<MemberPage | null> {
  const mark = parseMemberCursor(cursor);
  const head = await transaction.one<HeadRow>(HEAD, [conversation]);
  if (head === undefined) return null;
  type Row = { readonly user_id: string; readonly rank: number };
  const rows = await transaction.all<Row>(MEMBERS, [head.conversation, ...mark, limit + 1]);
  const taken = rows.slice(0, limit);
  const last = taken.at(-1);
  return {
    members: taken.map(({ user_id: user, rank }) => [user, roleOf(rank)] as const),
    epoch: head.epoch,
    membersVersion: head.members_version,
    cursor: formatMemberCursor(last === undefined ? mark : [last.rank, last.user_id]),
    more: rows.length > limit,
  };
}

/** Its counts look through the members of this one conversation: an index of watermarks would be written with every one that rises. */
export async function readReceipts(
  transaction: Transaction,
  conversation: ConversationId,
  seq: number,
  cursor: string | null,
  limit: number,
): Promise<ReceiptPage | null> {
  const mark = parseUserCursor(cursor);
  const head = await transaction.one<HeadRow>(HEAD, [conversation]);
  if (head === undefined) return null;
  const [counts, found] = await transaction.together(
    [COUNTS, [head.conversation, seq]],
    [RECEIPTS, [head.conversation, mark, limit + 1]],
  );
  const [count] = (counts ?? []) as readonly { readonly delivered: number; readonly read: number }[];
  const rows = (found ?? []) as readonly {
    readonly user_id: string;
    readonly delivered: number;
    readonly read: number;
  }[];
  const taken = rows.slice(0, limit);
  return {
    delivered: count?.delivered ?? 0,
    read: count?.read ?? 0,
    users: taken.map(({ user_id: user, delivered, read }) => [user, delivered, read] as const),
    cursor: formatUserCursor(taken.at(-1)?.user_id ?? mark),
    more: rows.length > limit,
  };
}

export async function readAccess(
  transaction: Transaction,
  pairs: readonly { readonly user: UserId; readonly conversation: ConversationId }[],
): Promise<readonly (Access | null)[]> {
  const users = pairs.map(({ user }) => user);
  const conversations = pairs.map(({ conversation }) => conversation);
  const rows = await transaction.all<AccessRecord & { readonly n: number }>(ACCESSES, [users, conversations]);
  const found: (Access | null)[] = pairs.map(() => null);
  for (const row of rows) found[row.n - 1] = accessOf(row);
  return found;
}

function accessOf(record: AccessRecord): Access {
  const { rank, kind, mode, epoch, head, ord, delivered, read, members } = record;
  return {
    ...{ role: roleOf(rank), spans: spansOf(record), kind: kind as ConversationKind, mode, epoch, head, ord },
    ...{ delivered, read, members, membersVersion: record.members_version },
  };
}
