import type { FeedItem, FeedPage } from "@earshot/core";
import { utf8Bytes } from "@earshot/protocol";
import type { BucketMoment } from "./bucket-clocks.ts";
import { type FeedMark, formatFeedMark, parseFeedMark, type StretchPlace } from "./feed-mark.ts";
import { readAbove, type Stretch } from "./read-above.ts";
import { readStretches } from "./read-stretches.ts";
import type { StoreLink } from "./store-link.ts";
import { isBefore, type Vector } from "./vector.ts";

const START: FeedMark = { vector: new Map(), within: null };
/** Of one bucket at once, at least. */
const OF_BUCKET_MIN = 16;

/** As `MessageStore.feed`. */
export async function readFeed(link: StoreLink, after: string | null, rows: number, bytes: number): Promise<FeedPage> {
  for (let from = after === null ? START : parseFeedMark(after, link.life, link.clocks.size); ; ) {
    const { items, mark, more } = await readPage(link, from, rows, bytes);
    if (items.length > 0 || !more) return { items, mark: formatFeedMark(mark, link.life), more };
    from = mark;
  }
}

/** Maybe empty although there is more: stretches of removed conversations stand in the feed for a while. */
async function readPage(
  link: StoreLink,
  from: FeedMark,
  rows: number,
  bytes: number,
): Promise<{ readonly items: readonly FeedItem[]; readonly mark: FeedMark; readonly more: boolean }> {
  const mostOfOne = Math.max(OF_BUCKET_MIN, Math.ceil(rows / 4));
  const { found, now, complete } = await readAbove(link, from.vector, mostOfOne);
  const stretches = upTo(
    rows + 1,
    found.map((each) => leftOf(each, withinOf(from, now))),
  );
  const contents = await readStretches(link, stretches, rows + 1, bytes);
  const reached = new Map<number, BucketMoment>(from.vector);
  const items: FeedItem[] = [];
  let within = from.within;
  let left = bytes;
  for (const [n, stretch] of stretches.entries()) {
    const { bucket, stamp } = stretch;
    const content = contents[n];
    // Not looked at: what stands before it fills the page.
    if (content === undefined) return { items, mark: { vector: reached, within }, more: true };
    for (const [seq, item] of content.items) {
      left -= utf8Bytes(JSON.stringify(item));
      if (items.length >= rows || (items.length > 0 && left < 0)) {
        return { items, mark: { vector: reached, within }, more: true };
      }
      items.push(item);
      within = { bucket, stamp, seq };
    }
    if (content.cut) return { items, mark: { vector: reached, within }, more: true };
    reached.set(bucket, { at: stamp, life: now.get(bucket)?.life ?? "" });
    within = null;
  }
  const more = !complete || stretches.length < found.length;
  return { items, mark: { vector: more ? reached : now, within: null }, more };
}

/** The first stretches, as many as have so many events, if all of them are still there. */
function upTo(events: number, stretches: readonly Stretch[]): readonly Stretch[] {
  let count = 0;
  let taken = 0;
  for (const { first, last } of stretches) {
    if (count >= events) break;
    count += last - first + 1;
    taken += 1;
  }
  return stretches.slice(0, taken);
}

/** null where that stretch is of another life of its bucket. */
function withinOf({ vector, within }: FeedMark, now: Vector): StretchPlace | null {
  const moment = within === null ? undefined : now.get(within.bucket);
  return moment !== undefined && isBefore(vector.get(within?.bucket ?? 0), moment) ? within : null;
}

/** What is left of a stretch for who stands there. */
function leftOf(stretch: Stretch, within: StretchPlace | null): Stretch {
  const begun = within?.bucket === stretch.bucket && within.stamp === stretch.stamp ? within.seq + 1 : 0;
  return { ...stretch, first: Math.max(stretch.first, begun) };
}
