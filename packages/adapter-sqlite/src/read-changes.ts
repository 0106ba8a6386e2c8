import type { Given } from "./calls.ts";
import { type FeedMark, feedEnd, formatFeedMark, readFeedMark } from "./feed-mark.ts";
import type { ReadStatements } from "./read-statements.ts";
import type { LastStretchRecord } from "./records.ts";

/** Stretches that one page looks through: of a conversation with more than one only the last tells. */
export const STRETCHES_MAX = 5_000;

/** A `ChangePage`, as JSON text; it may be empty although there is more. */
export function changesText(statements: ReadStatements, { after, limit }: Given<"changes">): string {
  const store = statements.store.one() ?? { life: "", change: 0 };
  const from = readFeedMark(after, store);
  const ahead = statements.stretchesAhead.one(from.change, STRETCHES_MAX);
  const last = ahead?.last ?? from.change;
  const rows = statements.lastStretches.all(from.change, from.seq, last, limit + 1);
  const taken = rows.slice(0, limit);
  const isFull = rows.length > limit;
  const more = isFull || ahead?.count === STRETCHES_MAX;
  const lastTaken = taken.at(-1);
  let end: FeedMark = more ? { change: last + 1, seq: 0 } : feedEnd(store);
  // That a conversation was removed stands at 1.
  if (isFull) end = lastTaken === undefined ? from : { change: lastTaken.change, seq: Math.max(lastTaken.last, 1) };
  return `{"changes":[${taken.map(changeText).join(",")}],"mark":"${formatFeedMark(end, store)}","more":${more}}`;
}

/** A `Change`. */
function changeText({ id, last, epoch, head, ord, mode, members_version: version }: LastStretchRecord): string {
  const conversation = JSON.stringify(id);
  if (last === 0) return `{"conversation":${conversation},"gone":true}`;
  return `{"conversation":${conversation},"epoch":${JSON.stringify(epoch)},"head":${head},"ord":${ord},"mode":${JSON.stringify(mode)},"membersVersion":${version}}`;
}
