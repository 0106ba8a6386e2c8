import type { Given } from "./calls.ts";
import { newestMessage, type OrdAt } from "./find-message.ts";
import { formatInboxCursor, type InboxCursor, parseInboxCursor } from "./inbox-cursor.ts";
import { presentRowText } from "./present-rows.ts";
import type { ReadStatements } from "./read-statements.ts";
import type { ChangedRecord, ViewRecord } from "./records.ts";
import { inboxRowText } from "./row-texts.ts";
import { spansText } from "./spans-text.ts";

/** An `InboxPage`, as JSON text. */
export function inboxText(statements: ReadStatements, { user, cursor: given, limit }: Given<"inbox">): string {
  const mark = statements.store.one() ?? { life: "", change: 0 };
  const parsed = given === null ? null : parseInboxCursor(given, mark);
  const cursor = parsed ?? { since: mark.change, below: mark.change + 1 };
  const { taken, next, more } =
    cursor.below === null
      ? pageUp(statements, user, cursor, mark.change, limit)
      : pageDown(statements, user, cursor, mark.change, limit);
  const rows = taken.map(({ conversation, rank }) => {
    if (rank !== null) return viewText(statements, statements.viewByNumber.one(conversation, user), user);
    return `{"c":${JSON.stringify(statements.idOf.one(conversation)?.id)},"gone":true}`;
  });
  const reset = given !== null && parsed === null;
  return `{"rows":[${rows.join(",")}],"cursor":"${formatInboxCursor(next, mark)}","more":${more},"reset":${reset}}`;
}

/** An `InboxRow` of the user's, or null, as JSON text. */
export function viewText(statements: ReadStatements, view: ViewRecord | undefined, user: string): string {
  if (view === undefined) return "null";
  const { conversation, read } = view;
  // Only an unread message can name anybody.
  const unread = view.ord > view.read_ord;
  const mentions = unread ? (statements.mentionCount.one(conversation, user, read)?.count ?? 0) : 0;
  return inboxRowText(view, mentions, lastText(statements, view, user));
}

interface Page {
  readonly taken: readonly ChangedRecord[];
  readonly next: InboxCursor;
  readonly more: boolean;
}

/** The way down: present rows, newest first. */
function pageDown(statements: ReadStatements, user: string, cursor: InboxCursor, newest: number, limit: number): Page {
  const { since } = cursor;
  const rows = statements.changedBelow.all(user, cursor.below, limit + 1);
  const taken = rows.slice(0, limit);
  const lowest = taken.at(-1);
  if (rows.length > limit && lowest !== undefined) return { taken, next: { since, below: lowest.change }, more: true };
  const changed = since < newest && statements.changedSince.one(user, since, 1) !== undefined;
  return { taken, next: { since, below: null }, more: changed };
}

/** What changed since, oldest change first: a row that changes again meanwhile moves ahead, never behind. */
function pageUp(statements: ReadStatements, user: string, { since }: InboxCursor, newest: number, limit: number): Page {
  if (since === newest) return { taken: [], next: { since, below: null }, more: false };
  const rows = statements.changedSince.all(user, since, limit + 1);
  const taken = rows.slice(0, limit);
  const more = rows.length > limit;
  return { taken, next: { since: more ? (taken.at(-1)?.change ?? since) : newest, below: null }, more };
}

/** The newest message that this member can have, as it stands, as JSON text, or null. */
function lastText(statements: ReadStatements, view: ViewRecord, user: string): string {
  const { conversation, head, ord } = view;
  const ordAt: OrdAt = (seq) => {
    // The two ends that the search begins with are known as a rule: a page of an inbox asks for hundreds.
    if (seq === head || seq === 0) return seq === 0 ? 0 : ord;
    return statements.ordAt.one(conversation, seq)?.ord ?? 0;
  };
  const spans = JSON.parse(spansText(view)) as readonly (readonly [number, number | null])[];
  for (const [from, to] of spans.toReversed()) {
    const seq = newestMessage(ordAt, from, to ?? head);
    const event = seq === null ? undefined : statements.present.one(conversation, seq);
    if (event !== undefined) return presentRowText(statements, conversation, event, user);
  }
  return "null";
}
