import type { BatchRows, Head, Member } from "./batch-rows.ts";
import { fieldColumns } from "./columns.ts";
import { EPOCH_NOW, NOW } from "./lock-heads.ts";
import type { Command } from "./transaction.ts";

/** What this transaction's changes are numbered by, asked once. */
const CHANGE = `(SELECT ${NOW})`;

/** What nearly every batch writes beside the heads. A change is that of the head before, or this transaction's. */
const LOG = `WITH stretches AS (
    INSERT INTO @feed (change, conversation, first, last)
    SELECT greatest(w.change, ${CHANGE}), w.c, w.first, w.last
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS w(change, c, first, last)
  ), added AS (
    INSERT INTO @events (conversation, seq, ord, at, re, change, deleted, type, id, sender, slot, mentions, body)
    SELECT w.c, w.seq, w.ord, w.at, w.re, greatest(w.change, ${CHANGE}), w.deleted, w.type, w.id, w.sender, w.slot,
      w.mentions, w.body
    FROM unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
      $11::boolean[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[])
      AS w(c, seq, ord, at, re, change, deleted, type, id, sender, slot, mentions, body)
  ), keyed AS (
    INSERT INTO @keys (conversation, seq, ord, at, rewritten, sender, id, hash)
    SELECT * FROM unnest($18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::boolean[], $23::text[],
      $24::text[], $25::text[])
  ), marks AS (
    UPDATE @members m SET delivered = greatest(m.delivered, w.d), read = greatest(m.read, w.r),
      read_ord = greatest(m.read_ord, w.o), last_at = w.l
    FROM unnest($26::bigint[], $27::text[], $28::bigint[], $29::bigint[], $30::bigint[], $31::bigint[])
      AS w(c, u, d, r, o, l)
    WHERE m.conversation = w.c AND m.user_id = w.u
  )`;

/** Behind the locks of the heads. */
const WRITE = `${LOG}
  UPDATE @heads h SET head = w.head, ord = w.ord, last_message = w.last_message, members = w.members,
    members_version = w.version, slow = w.slow, mode = w.mode, change = w.change
  FROM unnest($32::bigint[], $33::bigint[], $34::bigint[], $35::bigint[], $36::bigint[], $37::bigint[], $38::bigint[],
      $39::text[], $40::bigint[])
    AS w(c, head, ord, last_message, members, version, slow, mode, change)
  WHERE h.conversation = w.c`;

/** Takes the heads on from where they are thought to stand, in ascending order; divides by zero where one of them does not stand there. */
const MOVE = `WITH moved AS (
    UPDATE @heads h SET head = w.head, ord = w.ord, last_message = w.last_message, change = greatest(w.change, ${CHANGE})
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[])
      AS w(c, was, change, epoch, head, ord, last_message)
    WHERE h.conversation = w.c AND h.head = w.was AND h.change = w.change AND ${EPOCH_NOW} = w.epoch
    RETURNING 1
  ) SELECT ${NOW} AS now, 1 / (count(*) = cardinality($1::bigint[]))::int AS all_stood FROM moved`;
const WRITE_MOVED = `${LOG} SELECT 1 AS yes`;

/** The columns of `LOG` and `WRITE`, in their order. */
const STRETCH_FIELDS = ["change", "conversation", "stretch", "head"] as const;
const EVENT_FIELDS = [
  ...(["conversation", "seq", "ord", "at", "re", "change", "deleted"] as const),
  ...(["type", "id", "sender", "slot", "mentions", "body"] as const),
] as const;
const KEY_FIELDS = ["conversation", "seq", "ord", "at", "rewritten", "sender", "id", "hash"] as const;
const MARK_FIELDS = ["conversation", "user", "delivered", "read", "readOrd", "lastAt"] as const;
const HEAD_FIELDS = [
  ...(["conversation", "head", "ord", "lastMessage", "members", "membersVersion"] as const),
  ...(["slow", "mode", "change"] as const),
] as const;
/** Those of `MOVE`. */
const MOVE_FIELDS = ["conversation", "was", "change", "epoch", "head", "ord", "lastMessage"] as const;

/** What a batch has appended, behind the locks of its heads. */
export function logWrites(rows: BatchRows): readonly Command[] {
  if (rows.newEvents.length === 0) return [];
  const changed = changedHeads(rows);
  return [[WRITE, [...logColumns(rows, changed), ...fieldColumns(changed, HEAD_FIELDS)]]];
}

/** The same of a batch whose heads are not locked: fails where one of them does not stand where it was. The first answers with `now`. */
export function movedWrites(rows: BatchRows): readonly Command[] {
  const changed = changedHeads(rows);
  const moves = changed
    .map((head) => ({ ...head, was: (head.stretch ?? 1) - 1 }))
    .sort((a, b) => a.conversation - b.conversation);
  return [
    [MOVE, fieldColumns(moves, MOVE_FIELDS)],
    [WRITE_MOVED, logColumns(rows, changed)],
  ];
}

function changedHeads({ heads }: BatchRows): readonly Head[] {
  return [...heads.values()].filter(({ stretch }) => stretch !== null);
}

function logColumns({ newEvents, newKeys, members }: BatchRows, changed: readonly Head[]): readonly string[] {
  // In the order in which `raise` locks them: else the two could wait for each other.
  const marked = [...members.values()].filter(({ unwritten }) => unwritten === "marks").sort(byConversationAndUser);
  return [
    ...fieldColumns(changed, STRETCH_FIELDS),
    ...fieldColumns(newEvents, EVENT_FIELDS),
    ...fieldColumns(newKeys, KEY_FIELDS),
    ...fieldColumns(marked, MARK_FIELDS),
  ];
}

function byConversationAndUser(a: Member, b: Member): number {
  return a.conversation - b.conversation || (a.user < b.user ? -1 : 1);
}
