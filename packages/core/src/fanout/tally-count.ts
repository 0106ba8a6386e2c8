/** How many members have the newest messages, newest first, and how many are online. */
export interface TallyCount {
  readonly tally: readonly (readonly [seq: number, delivered: number, read: number])[];
  readonly online: number;
}

/** Whether both say the same. Pure. */
export function sameTally(a: TallyCount, b: TallyCount): boolean {
  const same = a.tally.length === b.tally.length && a.online === b.online;
  return same && a.tally.every((row, at) => row.every((value, index) => value === b.tally[at]?.[index]));
}

/** Where the counting of one conversation stands; monotonic ms. */
export interface Counting {
  /** It is this node that counts. */
  readonly held: boolean;
  /** When the lease was last asked for. */
  readonly triedAt: number;
  /** When it was last counted. */
  readonly countedAt: number;
  /** Something may have changed since. */
  readonly news: boolean;
}

/** When there is something to do next. `spread`: from 0 to 1, so that nodes do not ask for a lease together. Pure. */
export function dueAt(
  { held, triedAt, countedAt, news }: Counting,
  limits: { readonly tallyEveryMs: number; readonly tallyAnywayMs: number },
  spread: number,
): number {
  if (!held) return triedAt + limits.tallyAnywayMs * (0.8 + 0.4 * spread);
  return countedAt + (news ? limits.tallyEveryMs : limits.tallyAnywayMs);
}
