import { newestMessage, type OrdAt, oldestMessage } from "./find-message.ts";
import type { ReadStatements } from "./read-statements.ts";
import type { EventRecord, PresentRecord } from "./records.ts";

/** Rows fetched at once: a page of large bodies ends long before its count of rows. */
const CHUNK_ROWS = 64;
/** Seqs looked through for rows of a present-state page, before a message is searched for by `ord`. */
const WINDOW_SEQS = 256;

/** What is read: rows above `after`, below `before`, within the spans. */
export interface RowsQuery {
  readonly conversation: number;
  readonly head: number;
  readonly present: boolean;
  readonly re: number | null;
  readonly spans: readonly (readonly [from: number, to: number | null])[];
}

export type Row = EventRecord | PresentRecord;
type Direction = "oldest" | "newest";

/** Rows one by one, from either end, fetched as they are asked for. */
export function* rowsOf(
  statements: ReadStatements,
  query: RowsQuery,
  direction: Direction,
  after: number,
  before: number,
): Generator<Row, void> {
  const spans = direction === "oldest" ? query.spans : query.spans.toReversed();
  for (const [from, to] of spans) {
    const low = Math.max(after, from - 1);
    const high = Math.min(before, (to ?? query.head) + 1, query.head + 1);
    if (high - low > 1) yield* rowsBetween(statements, query, direction, low, high);
  }
}

function rowsBetween(
  statements: ReadStatements,
  query: RowsQuery,
  direction: Direction,
  low: number,
  high: number,
): Generator<Row, void> {
  const { conversation, re } = query;
  if (re !== null) {
    const replies = statements.replies[direction];
    return chunks((after, before) => replies.all(conversation, re, after, before, CHUNK_ROWS), direction, low, high);
  }
  if (query.present) return presentRows(statements, conversation, direction, low, high);
  const events = statements.events[direction];
  return chunks((after, before) => events.all(conversation, after, before, CHUNK_ROWS), direction, low, high);
}

function* chunks(
  fetch: (after: number, before: number) => readonly Row[],
  direction: Direction,
  low: number,
  high: number,
): Generator<Row, void> {
  let after = low;
  let before = high;
  for (;;) {
    const rows = fetch(after, before);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < CHUNK_ROWS) return;
    if (direction === "oldest") after = last.seq;
    else before = last.seq;
  }
}

/**
 * Messages, and what the gateway has written. Rows lie close together as a rule, so a window is looked
 * through; where there is none in it (100,000 reactions between two messages) the next one is searched
 * for. An index of these rows alone would be as simple, but would be written with every message.
 */
function* presentRows(
  statements: ReadStatements,
  conversation: number,
  direction: Direction,
  low: number,
  high: number,
): Generator<Row, void> {
  const up = direction === "oldest";
  let after = low;
  let before = high;
  while (before - after > 1) {
    const from = up ? after : Math.max(after, before - WINDOW_SEQS - 1);
    const to = up ? Math.min(before, after + WINDOW_SEQS + 1) : before;
    const rows = statements.presents[direction].all(conversation, from, to, CHUNK_ROWS);
    yield* rows;
    const last = rows.at(-1);
    let edge = up ? to - 1 : from + 1;
    if (rows.length === CHUNK_ROWS && last !== undefined) edge = last.seq;
    if (up) after = edge;
    else before = edge;
    if (last !== undefined || before - after <= 1) continue;
    const next = nextPresent(statements, conversation, direction, after, before);
    if (next === null) return;
    if (up) after = next - 1;
    else before = next + 1;
  }
}

/** Seq of the next row of a present-state page above `after` and below `before`, or null. */
function nextPresent(
  statements: ReadStatements,
  conversation: number,
  direction: Direction,
  after: number,
  before: number,
): number | null {
  const ordAt: OrdAt = (seq) => statements.ordAt.one(conversation, seq)?.ord ?? 0;
  const find = direction === "oldest" ? oldestMessage : newestMessage;
  const message = find(ordAt, after + 1, before - 1);
  const other = statements.gatewayEvent[direction].one(conversation, after, before)?.seq ?? null;
  if (message === null || other === null) return message ?? other;
  return direction === "oldest" ? Math.min(message, other) : Math.max(message, other);
}
