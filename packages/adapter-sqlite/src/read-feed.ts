import type { Given } from "./calls.ts";
import { FEED_START, type FeedMark, feedEnd, formatFeedMark, readFeedMark } from "./feed-mark.ts";
import type { ReadStatements } from "./read-statements.ts";
import type { StretchRecord } from "./records.ts";
import { eventText } from "./row-texts.ts";

/** Stretches, and events of one, fetched at once. */
const CHUNK_ROWS = 64;
/** Stretches of removed conversations that one page passes over: a step takes them out a while after the removal. */
const DEAD_STRETCHES_MAX = 2_000;

/** A `FeedPage`, as JSON text; it may be empty although there is more. */
export function feedText(statements: ReadStatements, { after, rows, bytes }: Given<"feed">): string {
  const store = statements.store.one() ?? { life: "", change: 0 };
  const from = after === null ? FEED_START : readFeedMark(after, store);
  const items: string[] = [];
  let end = from;
  let more = false;
  let taken = 0;
  let dead = 0;
  for (const { text, mark } of stepsFrom(statements, from)) {
    if (text === null) {
      dead += 1;
    } else {
      taken += Buffer.byteLength(text);
      more = items.length > 0 && (items.length >= rows || taken > bytes);
    }
    more ||= dead > DEAD_STRETCHES_MAX;
    if (more) break;
    if (text !== null) items.push(text);
    end = mark;
  }
  return `{"items":[${items.join(",")}],"mark":"${formatFeedMark(end, store)}","more":${more}}`;
}

/** The mark that everything written from now on is above. */
export function feedEndText(statements: ReadStatements): string {
  const store = statements.store.one() ?? { life: "", change: 0 };
  return formatFeedMark(feedEnd(store), store);
}

interface Step {
  /** A `FeedItem` as JSON text; null: a stretch that has none any more. */
  readonly text: string | null;
  /** Where whoever has it stands. */
  readonly mark: FeedMark;
}

function* stepsFrom(statements: ReadStatements, from: FeedMark): Generator<Step, void> {
  for (let { change } = from; ; ) {
    const stretches = statements.stretches.all(change, CHUNK_ROWS);
    for (const stretch of stretches) {
      yield* stepsOf(statements, stretch, stretch.change === from.change ? from.seq : 0);
    }
    if (stretches.length < CHUNK_ROWS) return;
    change = (stretches.at(-1)?.change ?? change) + 1;
  }
}

/** What is above a seq of one stretch. That a conversation was removed stands at 1, since nothing else does. */
function* stepsOf(statements: ReadStatements, stretch: StretchRecord, after: number): Generator<Step, void> {
  const { change, conversation, epoch, first, last } = stretch;
  const id = JSON.stringify(stretch.id);
  if (last === 0) {
    if (after === 0) yield { text: `{"conversation":${id},"gone":true}`, mark: { change, seq: 1 } };
    return;
  }
  if (epoch === null) {
    yield { text: null, mark: { change, seq: last } };
    return;
  }
  const about = `{"conversation":${id},"epoch":${JSON.stringify(epoch)},"row":`;
  for (let seq = Math.max(after, first - 1); seq < last; ) {
    const events = statements.events.oldest.all(conversation, seq, last + 1, CHUNK_ROWS);
    for (const event of events) yield { text: `${about}${eventText(event)}}`, mark: { change, seq: event.seq } };
    seq = events.length < CHUNK_ROWS ? last : (events.at(-1)?.seq ?? last);
  }
}
