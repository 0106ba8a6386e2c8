import type { ConversationId, GoneRow, InboxRow, UserId } from "@earshot/protocol";
import type { InboxPage } from "../ports/pages.ts";

/** Where a user's row stands in their inbox. */
export interface InboxPlace {
  readonly gone: boolean;
  /** The store's change number of its last change. */
  readonly change: number;
}

/** What a user's inbox is made of: conversations, and what is left of those that were removed. */
export interface InboxEntry {
  readonly id: ConversationId;
  /** null: never a member. */
  inboxPlace(user: UserId): InboxPlace | null;
  /** null: not a member now. */
  inboxRow(user: UserId): InboxRow | null;
}

/**
 * Where a reading of an inbox stands. Every change of the store has a number, and a row's is that of
 * its last change. The first reading goes down from the newest row (`below`); what changes meanwhile
 * rises above where the reading began (`since`), and is read from there afterwards: so none is skipped.
 */
interface InboxCursor {
  readonly since: number;
  /** null: the way down is done. */
  readonly below: number | null;
}

interface Candidate extends InboxPlace {
  readonly entry: InboxEntry;
}

export interface InboxReading {
  readonly user: UserId;
  /** Every conversation that the user is or was a member of. */
  readonly entries: Iterable<InboxEntry>;
  /** The store's last change number. */
  readonly newest: number;
  /** Names this life of the store; a cursor of another is unknown. */
  readonly life: string;
  readonly cursor: string | null;
  readonly limit: number;
}

export function inboxPage(reading: InboxReading): InboxPage {
  const parsed = reading.cursor === null ? null : parseCursor(reading.cursor, reading);
  const cursor = parsed ?? { since: reading.newest, below: reading.newest + 1 };
  const page = cursor.below === null ? pageUp(reading, cursor.since) : pageDown(reading, cursor.since, cursor.below);
  return {
    rows: page.taken.map((candidate) => rowOf(candidate, reading.user)),
    cursor: `${page.next.since}.${page.next.below ?? ""}.${reading.life}`,
    more: page.more,
    reset: reading.cursor !== null && parsed === null,
  };
}

interface Page {
  readonly taken: readonly Candidate[];
  readonly next: InboxCursor;
  readonly more: boolean;
}

/** The way down: present rows, newest first. */
function pageDown(reading: InboxReading, since: number, below: number): Page {
  const all = candidates(reading);
  const rows = all.filter(({ gone, change }) => !gone && change < below).sort((a, b) => b.change - a.change);
  const taken = rows.slice(0, reading.limit);
  const lowest = taken.at(-1);
  if (rows.length > taken.length && lowest !== undefined) {
    return { taken, next: { since, below: lowest.change }, more: true };
  }
  return { taken, next: { since, below: null }, more: all.some(({ change }) => change > since) };
}

/** What changed since, oldest change first: a row that changes again meanwhile moves ahead, never behind. */
function pageUp(reading: InboxReading, since: number): Page {
  const rows = candidates(reading)
    .filter(({ change }) => change > since)
    .sort((a, b) => a.change - b.change);
  const taken = rows.slice(0, reading.limit);
  const more = rows.length > taken.length;
  return { taken, next: { since: (more ? taken.at(-1)?.change : reading.newest) ?? since, below: null }, more };
}

function candidates({ user, entries }: InboxReading): readonly Candidate[] {
  const all: Candidate[] = [];
  for (const entry of entries) {
    const place = entry.inboxPlace(user);
    if (place !== null) all.push({ entry, ...place });
  }
  return all;
}

function rowOf({ entry }: Candidate, user: UserId): InboxRow | GoneRow {
  return entry.inboxRow(user) ?? { c: entry.id, gone: true };
}

const CURSOR_PATTERN = /^(\d{1,15})\.(\d{1,15})?\.(.*)$/s;

/** null: not one that this store has given out. */
function parseCursor(text: string, { life, newest }: InboxReading): InboxCursor | null {
  const [, since, below, ofLife] = CURSOR_PATTERN.exec(text) ?? [];
  if (since === undefined) return null;
  const cursor = { since: Number(since), below: below === undefined ? null : Number(below) };
  // What an empty store gave out has no life in it yet, and everything came after it.
  const ofEmptyStore = ofLife === "" && cursor.since === 0 && cursor.below === null;
  if (!ofEmptyStore && ofLife !== life) return null;
  return cursor.since > newest ? null : cursor;
}
