import type { FeedItem, FeedPage } from "@earshot/core";
import { parseJson } from "@earshot/protocol";
import {
  FEED_START,
  formatMark,
  type Horizon,
  type Mark,
  markAfter,
  markAtEnd,
  type Place,
  readMark,
} from "./feed-mark.ts";
import { EPOCH } from "./lock-heads.ts";
import type { EventRecord } from "./records.ts";
import { eventText } from "./row-texts.ts";
import type { Transaction } from "./transaction.ts";
import { EVENT } from "./views.ts";

/** Stretches fetched at once, and events of them. */
const CHUNK_ROWS = 128;
/** Stretches of removed conversations that one page passes over: a step takes them out a while after the removal. */
const DEAD_STRETCHES_MAX = 2_000;

const STRETCHES = `SELECT f.change, f.conversation, f.first, f.last, c.id, h.epoch
  FROM @feed f
  CROSS JOIN LATERAL (SELECT id FROM @conversations WHERE number = f.conversation LIMIT 1) c
  LEFT JOIN LATERAL (SELECT ${EPOCH} FROM @heads h WHERE h.conversation = f.conversation LIMIT 1) h ON true
  WHERE (f.change, f.conversation, f.first) >= ($1::bigint, $2::bigint, $3::bigint)
  ORDER BY f.change, f.conversation, f.first LIMIT ${CHUNK_ROWS}`;
/** Given conversations, and the seqs that their events lie between. */
const EVENTS = `SELECT w.n, e.* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS w(c, low, high, n)
  CROSS JOIN LATERAL (SELECT ${EVENT} FROM @events e WHERE e.conversation = w.c AND e.seq > w.low AND e.seq <= w.high
    ORDER BY e.seq LIMIT ${CHUNK_ROWS}) e
  ORDER BY w.n, e.seq LIMIT ${CHUNK_ROWS}`;

interface Stretch {
  readonly change: number;
  readonly conversation: number;
  /** Both 0: the conversation was removed. */
  readonly first: number;
  readonly last: number;
  readonly id: string;
  /** null: the conversation was removed since. */
  readonly epoch: string | null;
}

interface Step {
  /** A `FeedItem` as JSON text; null: there is none any more. */
  readonly text: string | null;
  /** Where whoever has it stands. */
  readonly place: Place;
}

/** One page; it may be empty although there is more. */
export async function readFeed(
  transaction: Transaction,
  horizon: Horizon,
  after: string | null,
  rows: number,
  bytes: number,
): Promise<FeedPage> {
  const from = after === null ? FEED_START : readMark(after, horizon);
  const items: string[] = [];
  let end: Mark = from;
  let taken = 0;
  let dead = 0;
  for await (const { text, place } of stepsFrom(transaction, from.at)) {
    taken += text === null ? 0 : Buffer.byteLength(text);
    if (text === null) dead += 1;
    const isFull = text !== null && items.length > 0 && (items.length >= rows || taken > bytes);
    if (isFull || dead > DEAD_STRETCHES_MAX) return pageOf(items, end, horizon, true);
    if (text !== null) items.push(text);
    end = markAfter(from, place, horizon);
  }
  return pageOf(items, markAtEnd(end, horizon), horizon, false);
}

function pageOf(items: readonly string[], mark: Mark, horizon: Horizon, more: boolean): FeedPage {
  return { items: parseJson(`[${items.join(",")}]`) as readonly FeedItem[], mark: formatMark(mark, horizon), more };
}

async function* stepsFrom(transaction: Transaction, from: Place): AsyncGenerator<Step, void> {
  for (let { change, conversation, seq } = from; ; ) {
    // The stretch that was left within begins at that seq or before it: no other of that conversation and number is between.
    const stretches = await transaction.all<Stretch>(STRETCHES, [change, conversation, 0]);
    yield* stepsOf(transaction, stretches, { change, conversation, seq });
    const last = stretches.at(-1);
    if (last === undefined || stretches.length < CHUNK_ROWS) return;
    ({ change, conversation } = last);
    seq = Math.max(last.last, 1);
  }
}

/** What is above a place in some stretches. That a conversation was removed stands at 1, since nothing else does. */
async function* stepsOf(
  transaction: Transaction,
  stretches: readonly Stretch[],
  from: Place,
): AsyncGenerator<Step, void> {
  const after = ({ change, conversation }: Stretch) =>
    change === from.change && conversation === from.conversation ? from.seq : 0;
  let next = 0;
  let low = 0;
  while (next < stretches.length) {
    const asked = stretches.slice(next);
    const lows = asked.map((each, n) => Math.max(after(each), each.first - 1, n === 0 ? low : 0));
    const isLive = asked.map(({ epoch, last }, n) => epoch !== null && last > (lows[n] ?? 0));
    const highs = asked.map(({ last }, n) => (isLive[n] ? last : 0));
    const values = [asked.map(({ conversation }) => conversation), lows, highs];
    const events = isLive.includes(true)
      ? await transaction.all<EventRecord & { readonly n: number }>(EVENTS, values)
      : [];
    const isCut = events.length === CHUNK_ROWS;
    const lastEvent = events.at(-1);
    // The stretch that the chunk ended in goes on with the next one.
    const whole = isCut && lastEvent !== undefined ? lastEvent.n - 1 : asked.length;
    let at = 0;
    for (const [n, stretch] of asked.slice(0, whole + 1).entries()) {
      for (; events[at]?.n === n + 1; at++) yield eventStep(stretch, events[at] as EventRecord);
      if (n < whole) yield* endOf(stretch, after(stretch));
    }
    next += whole;
    low = isCut && lastEvent !== undefined ? lastEvent.seq : 0;
  }
}

function eventStep({ change, conversation, id, epoch }: Stretch, event: EventRecord): Step {
  const text = `{"conversation":${JSON.stringify(id)},"epoch":${JSON.stringify(epoch)},"row":${eventText(event)}}`;
  return { text, place: { change, conversation, seq: event.seq } };
}

/** What a stretch is beyond its events. */
function* endOf({ change, conversation, id, last, epoch }: Stretch, after: number): Generator<Step, void> {
  if (last === 0) {
    const text = `{"conversation":${JSON.stringify(id)},"gone":true}`;
    if (after === 0) yield { text, place: { change, conversation, seq: 1 } };
  } else if (epoch === null && last > after) {
    yield { text: null, place: { change, conversation, seq: last } };
  }
}
