import type { Append, AppendResult } from "@earshot/core";
import { appendEntry } from "./append-entry.ts";
import type { BatchRows } from "./batch-rows.ts";
import { sqlStateOf } from "./failure.ts";
import type { KnownHeads } from "./known-heads.ts";
import { movedWrites } from "./log-writes.ts";
import type { Command } from "./transaction.ts";
import { restWrites } from "./write-batch.ts";

/** Runs these in one transaction of their own. Resolves with the rows of each. */
export type WriteAtOnce = (commands: readonly Command[]) => Promise<readonly (readonly unknown[])[]>;

/** A head that has moved (a division by zero), a key that is stored, a row that is locked; and each other's way. */
const DISPROVED = new Set(["22012", "23505", "55P03", "40001", "40P01"]);

/**
 * Appends in one round trip, without a look at the store, what is decided by what is known of it; the same transaction
 * makes sure of that, key by key and head by head. null: nothing was written, and it has to be read first.
 */
export async function appendKnown(
  known: KnownHeads,
  entries: readonly Append[],
  write: WriteAtOnce,
): Promise<readonly AppendResult[] | null> {
  const rows = known.rowsFor(entries);
  if (rows === null) return null;
  const results = entries.map((entry) => appendEntry(rows, entry));
  // Nobody is refused by what may be no more.
  if (results.some(({ kind }) => kind !== "event")) return null;
  try {
    const [moved] = await write([...movedWrites(rows), ...restWrites(rows)]);
    keep(known, rows, moved as readonly Moved[] | undefined);
    return results;
  } catch (error) {
    known.forget(rows.heads.keys());
    if (DISPROVED.has(sqlStateOf(error) ?? "")) return null;
    throw error;
  }
}

interface Moved {
  /** What the transaction's changes are numbered by. */
  readonly now: number;
}

function keep(known: KnownHeads, rows: BatchRows, moved: readonly Moved[] = []): void {
  const now = moved[0]?.now ?? 0;
  for (const [id, head] of rows.heads) rows.heads.set(id, { ...head, change: Math.max(head.change, now) });
  known.keep(rows, new Set(rows.heads.keys()));
}
