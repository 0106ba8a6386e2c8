import type { Head } from "./batch-rows.ts";
import type { LockedRecord } from "./records.ts";
import type { Command, Transaction } from "./transaction.ts";

/** A log that was made before the store was put back is in another life since. */
export const EPOCH_NOW = `CASE WHEN h.generation = (SELECT generation FROM @store) THEN h.epoch
  ELSE h.epoch || '~' || (SELECT generation FROM @store) END`;
export const EPOCH = `${EPOCH_NOW} AS epoch`;
const HEAD = `h.conversation, h.id, ${EPOCH}, h.first, h.head, h.ord, h.last_message, h.members, h.members_version,
  h.slow, h.mode, h.pair, h.change`;
/** What this transaction's changes are numbered by. */
export const NOW = "(SELECT shift FROM @store) + pg_current_xact_id()::text::bigint";

const LOCK = `SELECT ${HEAD}, ${NOW} AS now FROM @heads h WHERE h.id = ANY($1::text[]) ORDER BY h.conversation FOR NO KEY UPDATE`;
const LOCK_FREE = `${LOCK} SKIP LOCKED`;
const THERE = "SELECT id FROM @heads WHERE id = ANY($1::text[])";

export interface LockedHeads {
  /** By the conversation's id. */
  readonly heads: ReadonlyMap<string, Head>;
  /** Conversations that somebody else has locked. */
  readonly held: ReadonlySet<string>;
}

/**
 * Locks heads in ascending order, and reads them as they are then. `wait`: also those that somebody else has
 * locked; else these are left alone.
 */
export async function lockHeads(transaction: Transaction, ids: readonly string[], wait: boolean): Promise<LockedHeads> {
  const records = await transaction.all<LockedRecord>(wait ? LOCK : LOCK_FREE, [ids]);
  const heads = new Map(records.map((record) => [record.id, headFrom(record)]));
  const missing = wait ? [] : ids.filter((id) => !heads.has(id));
  const there = missing.length === 0 ? [] : await transaction.all<{ readonly id: string }>(THERE, [missing]);
  return { heads, held: new Set(there.map(({ id }) => id)) };
}

/** What locks one head, waiting for it. Its answer goes to `headOf`. */
export function lockOfOne(id: string): Command {
  return [LOCK, [[id]]];
}

export function headOf(rows: readonly unknown[] | undefined): Head | null {
  const [record] = (rows ?? []) as readonly LockedRecord[];
  return record === undefined ? null : headFrom(record);
}

/** Locks one head, waiting for it; null: no such conversation. */
export async function lockHead(transaction: Transaction, id: string): Promise<Head | null> {
  const [rows] = await transaction.together(lockOfOne(id));
  return headOf(rows);
}

function headFrom(record: LockedRecord): Head {
  const { conversation, epoch, pair, first, head, ord, members, slow, mode } = record;
  return {
    ...{ conversation, epoch, pair, first, head, ord, members, slow, mode, stretch: null },
    lastMessage: record.last_message,
    membersVersion: record.members_version,
    // Never below the last one: a conversation's changes stand in the order of its log.
    change: Math.max(record.now, record.change),
  };
}
