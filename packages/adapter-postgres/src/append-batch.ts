import type { Append, AppendResult } from "@earshot/core";
import { appendEntry } from "./append-entry.ts";
import { BatchRows } from "./batch-rows.ts";
import type { KnownHeads } from "./known-heads.ts";
import { loadBatch, loadOfOne, loadRest } from "./load-batch.ts";
import { headOf, lockHeads, lockOfOne } from "./lock-heads.ts";
import { logWrites } from "./log-writes.ts";
import type { Transaction } from "./transaction.ts";
import { restWrites } from "./write-batch.ts";

/**
 * One transaction of appends: heads locked, what the entries depend on read, each decided by itself, everything
 * written at once. null: its conversation is locked by somebody else; only without `wait`.
 */
export async function appendBatch(
  transaction: Transaction,
  entries: readonly Append[],
  wait: boolean,
  known: KnownHeads,
): Promise<readonly (AppendResult | null)[]> {
  const rows = new BatchRows();
  const held = await readBatch(transaction, rows, entries, wait);
  const unmoved = known.unmoved(rows);
  const results = entries.map((entry) => (held.has(entry.conversation) ? null : appendEntry(rows, entry)));
  await transaction.commit(...logWrites(rows), ...restWrites(rows));
  known.keep(rows, unmoved);
  return results;
}

/** Locks and reads. Resolves with the conversations that somebody else has locked. */
async function readBatch(
  transaction: Transaction,
  rows: BatchRows,
  entries: readonly Append[],
  wait: boolean,
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(entries.map(({ conversation }) => conversation))];
  const [one = ""] = ids;
  if (wait && ids.length === 1) {
    const [locked, plain] = await transaction.together(lockOfOne(one), loadOfOne(one, entries));
    const head = headOf(locked);
    if (head === null) return new Set();
    rows.heads.set(one, head);
    await loadRest(transaction, rows, entries, plain?.[0]);
    return new Set();
  }
  const { heads, held } = await lockHeads(transaction, ids, wait);
  for (const [id, head] of heads) rows.heads.set(id, head);
  if (heads.size > 0) await loadBatch(transaction, rows, entries);
  return held;
}
