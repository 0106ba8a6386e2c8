import type { Given } from "./calls.ts";
import { firstFrom, newestMessage } from "./find-message.ts";
import type { ReadStatements } from "./read-statements.ts";
import type { HeadRecord } from "./records.ts";

/** Seqs looked through for messages, before one is searched for by `ord`. */
const WINDOW_SEQS = 256;

type Message = ReturnType<ReadStatements["messages"]["all"]>[number];

/** Of `TallyRow`s, or null, as JSON text. One walk over the members: an index of watermarks would be written with every one that rises. */
export function tallyText(statements: ReadStatements, { conversation, limit }: Given<"tally">): string | null {
  const head = statements.head.one(conversation);
  if (head === undefined) return null;
  const messages = newestMessages(statements, head, limit);
  const [oldest] = messages;
  if (oldest === undefined) return "[]";
  const marks = statements.marksFrom.one(head.conversation, oldest.seq);
  const delivered = countUp(messages, marks?.delivered);
  const read = countUp(messages, marks?.read);
  const rows = messages.map(({ seq, sender }, n) => {
    const author = statements.marksOf.one(head.conversation, sender);
    const less = (mark = 0) => (mark >= seq ? 1 : 0);
    return [seq, (delivered[n] ?? 0) - less(author?.delivered), (read[n] ?? 0) - less(author?.read)];
  });
  return JSON.stringify(rows);
}

/** For each message how many of the marks are at it or above. `marks`: seqs as JSON. */
function countUp(messages: readonly Message[], marks = "[]"): readonly number[] {
  const counts = new Array<number>(messages.length).fill(0);
  for (const mark of JSON.parse(marks) as readonly number[]) {
    const last = firstFrom((n) => (messages[n]?.seq ?? 0) > mark, -1, messages.length) - 1;
    counts[last] = (counts[last] ?? 0) + 1;
  }
  // Who has come farther has come so far as well.
  for (let n = counts.length - 2; n >= 0; n--) counts[n] = (counts[n] ?? 0) + (counts[n + 1] ?? 0);
  return counts;
}

/** Oldest first. */
function newestMessages(
  statements: ReadStatements,
  { conversation, first, head }: HeadRecord,
  limit: number,
): readonly Message[] {
  const ordAt = (seq: number) => statements.ordAt.one(conversation, seq)?.ord ?? 0;
  const found: Message[] = [];
  for (let before = head + 1; found.length < limit && before > first; ) {
    const after = Math.max(first, before - WINDOW_SEQS) - 1;
    const rows = statements.messages.all(conversation, after, before, limit - found.length);
    found.push(...rows);
    before = after + 1;
    if (rows.length > 0) continue;
    const next = before > first ? newestMessage(ordAt, first, before - 1) : null;
    if (next === null) break;
    before = next + 1;
  }
  return found.reverse();
}
