import { formatInboxCursor, type InboxCursor, parseInboxCursor } from "./inbox-cursor.ts";
import { eventText, inboxRowText, spansText } from "./row-texts.ts";
import type { ChangedRecord, Statements, ViewRecord } from "./statements.ts";

/** An `InboxPage`, as JSON text. */
export function inboxText(
  statements: Statements,
  { user, cursor: given, limit }: { readonly user: string; readonly cursor: string | null; readonly limit: number },
): string {
  const mark = statements.store.one() ?? { life: "", change: 0 };
  const parsed = given === null ? null : parseInboxCursor(given, mark);
  const cursor = parsed ?? { since: mark.change, below: mark.change + 1 };
  const { taken, next, more } =
    cursor.below === null
      ? pageUp(statements, user, cursor, mark.change, limit)
      : pageDown(statements, user, cursor, mark.change, limit);
  const rows = taken.map(({ conversation, rank }) => {
    if (rank !== null) return viewText(statements, statements.viewByNumber.one(conversation, user));
    return `{"c":${JSON.stringify(statements.numbered.one(conversation)?.id)},"gone":true}`;
  });
  const reset = given !== null && parsed === null;
  return `{"rows":[${rows.join(",")}],"cursor":"${formatInboxCursor(next, mark)}","more":${more},"reset":${reset}}`;
}

/** An `InboxRow`, or null, as JSON text. */
export function viewText(statements: Statements, view: ViewRecord | undefined): string {
  return view === undefined ? "null" : inboxRowText(view, lastText(statements, view));
}

interface Page {
  readonly taken: readonly ChangedRecord[];
  readonly next: InboxCursor;
  readonly more: boolean;
}

/** The way down: present rows, newest first. */
function pageDown(statements: Statements, user: string, cursor: InboxCursor, newest: number, limit: number): Page {
  const { since } = cursor;
  const rows = statements.changedBelow.all(user, cursor.below, limit + 1);
  const taken = rows.slice(0, limit);
  const lowest = taken.at(-1);
  if (rows.length > limit && lowest !== undefined) return { taken, next: { since, below: lowest.change }, more: true };
  const changed = since < newest && statements.changedSince.one(user, since, 1) !== undefined;
  return { taken, next: { since, below: null }, more: changed };
}

/** What changed since, oldest change first: a row that changes again meanwhile moves ahead, never behind. */
function pageUp(statements: Statements, user: string, { since }: InboxCursor, newest: number, limit: number): Page {
  if (since === newest) return { taken: [], next: { since, below: null }, more: false };
  const rows = statements.changedSince.all(user, since, limit + 1);
  const taken = rows.slice(0, limit);
  const more = rows.length > limit;
  return { taken, next: { since: more ? (taken.at(-1)?.change ?? since) : newest, below: null }, more };
}

/** The newest message that this member can have, as JSON text, or null. */
function lastText(statements: Statements, view: ViewRecord): string {
  const spans = JSON.parse(spansText(view)) as readonly (readonly [number, number | null])[];
  for (const [from, to] of spans.toReversed()) {
    const seq = newestMessage(statements, view.conversation, from, to ?? view.head);
    const event = seq === null ? undefined : statements.event.one(view.conversation, seq);
    if (event !== undefined) return eventText(event);
  }
  return "null";
}

/**
 * Seq of the newest message in from…to, or null. `ord` rises with messages alone, so the newest one is
 * where the last value of `ord` begins: found in a few steps, however many other events came after it.
 */
function newestMessage(statements: Statements, conversation: number, from: number, to: number): number | null {
  const ordAt = (seq: number) => statements.ordAt.one(conversation, seq)?.ord ?? 0;
  const ord = ordAt(to);
  // `low` is always before that value, `high` always at it.
  let low = from - 1;
  let high = to;
  if (ord === ordAt(low)) return null;
  for (let step = 1; high - step > low; step *= 2) {
    if (ordAt(high - step) === ord) {
      high -= step;
    } else {
      low = high - step;
      break;
    }
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (ordAt(middle) === ord) high = middle;
    else low = middle;
  }
  return high;
}
