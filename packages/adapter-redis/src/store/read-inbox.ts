import type { InboxPage } from "@earshot/core";
import type { GoneRow, InboxRow } from "@earshot/protocol";
import { bucketOf } from "../keys.ts";
import { formatInboxCursor, type InboxCursor, type InboxPlace, parseInboxCursor } from "./inbox-cursor.ts";
import { readInboxRows } from "./read-inbox-rows.ts";
import { type Placed, readPlaces } from "./read-places.ts";
import type { StoreLink } from "./store-link.ts";
import { readUserIndex, type UserIndex } from "./user-index.ts";
import { isBefore, type Vector } from "./vector.ts";

/** As `MessageStore.inbox`. */
export async function readInbox(
  link: StoreLink,
  user: string,
  given: string | null,
  limit: number,
): Promise<InboxPage> {
  const index = await readUserIndex(link, user);
  const parsed = given === null ? null : parseInboxCursor(given, link.life, link.clocks.size);
  const reading = parsed === null ? null : await readFrom(link, user, index, parsed, limit);
  const { page, cursor, more } = reading ?? (await readAll(link, user, index, null, limit)) ?? EMPTY;
  const present = page.filter(({ gone }) => !gone).map(({ conversation }) => conversation);
  const rows = await readInboxRows(link, user, present);
  return {
    rows: page.map(({ conversation }): InboxRow | GoneRow => rows.get(conversation) ?? { c: conversation, gone: true }),
    cursor: formatInboxCursor(cursor, link.life),
    more,
    reset: given !== null && reading === null,
  };
}

/** What remains where not even the clocks hold still. */
const EMPTY: Reading = { page: [], cursor: { since: new Map(), indexed: 0, below: null }, more: true };

interface Reading {
  readonly page: readonly Placed[];
  readonly cursor: InboxCursor;
  readonly more: boolean;
}

/** null: the cursor is of what was put back to an earlier moment since. */
async function readFrom(
  link: StoreLink,
  user: string,
  index: UserIndex,
  cursor: InboxCursor,
  limit: number,
): Promise<Reading | null> {
  if (cursor.indexed > index.moment.at) return null;
  return cursor.below === null
    ? readChanged(link, user, index, cursor, limit)
    : readAll(link, user, index, { ...cursor, below: cursor.below }, limit);
}

/** The way down: present rows, newest first. */
async function readAll(
  link: StoreLink,
  user: string,
  index: UserIndex,
  begun: (InboxCursor & { readonly below: InboxPlace }) | null,
  limit: number,
): Promise<Reading | null> {
  const { placed, now } = await readPlaces(
    link,
    user,
    [...index.noted.keys()].map((conversation) => ({ conversation, above: 0 })),
  );
  const since = begun?.since ?? now;
  const indexed = begun?.indexed ?? index.moment.at;
  const rows = placed
    .filter((place) => !place.gone && (begun === null || compare(place, begun.below) > 0))
    .sort(compare);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const left = rows.length > page.length && last !== undefined;
  if (Array.from(now).some(([bucket, moment]) => !isBefore(since.get(bucket), moment))) return null;
  const news = placed.some((place) => isNews(place, { since, indexed }, index));
  return { page, cursor: { since, indexed, below: left ? last : null }, more: left || news };
}

/** Newest first. */
function compare(a: InboxPlace, b: InboxPlace): number {
  if (a.change !== b.change) return b.change - a.change;
  return a.conversation < b.conversation ? -1 : Number(a.conversation !== b.conversation);
}

function isNews(
  { conversation, change }: Placed,
  { since, indexed }: Pick<InboxCursor, "since" | "indexed">,
  { noted }: UserIndex,
): boolean {
  return (noted.get(conversation) ?? 0) > indexed || change > (since.get(bucketOf(conversation))?.at ?? 0);
}

/** What changed since, or was noted since: first by when it was noted, then oldest change first. */
async function readChanged(
  link: StoreLink,
  user: string,
  index: UserIndex,
  { since, indexed }: InboxCursor,
  limit: number,
): Promise<Reading | null> {
  const notedAt = (conversation: string) => index.noted.get(conversation) ?? 0;
  const isFresh = (conversation: string) => notedAt(conversation) > indexed;
  const above = (conversation: string) => (isFresh(conversation) ? 0 : (since.get(bucketOf(conversation))?.at ?? 0));
  const asked = Array.from(index.noted.keys(), (conversation) => ({ conversation, above: above(conversation) }));
  const { placed, now } = await readPlaces(link, user, asked);
  for (const [bucket, moment] of now) if (!isBefore(since.get(bucket), moment)) return null;
  const fresh = placed.filter(({ conversation }) => isFresh(conversation));
  fresh.sort((a, b) => notedAt(a.conversation) - notedAt(b.conversation));
  const changed = placed.filter(({ conversation }) => !isFresh(conversation));
  changed.sort((a, b) => compare(b, a));
  const all = [...fresh, ...changed];
  const page = all.slice(0, limit);
  if (page.length === all.length)
    return { page, cursor: { since: now, indexed: index.moment.at, below: null }, more: false };
  return { page, cursor: { ...partly(page, { since, indexed }, now, notedAt), below: null }, more: true };
}

/** How far a page that was cut off has come. */
function partly(
  page: readonly Placed[],
  { since, indexed }: Pick<InboxCursor, "since" | "indexed">,
  now: Vector,
  notedAt: (conversation: string) => number,
): Pick<InboxCursor, "since" | "indexed"> {
  const reached = new Map(since);
  let known = indexed;
  for (const { conversation, change } of page) {
    const bucket = bucketOf(conversation);
    if (notedAt(conversation) > indexed) known = notedAt(conversation);
    else reached.set(bucket, { at: change, life: now.get(bucket)?.life ?? "" });
  }
  return { since: reached, indexed: known };
}
