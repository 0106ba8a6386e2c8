import type { BucketMoment } from "./bucket-clocks.ts";
import { unknownMark } from "./feed-mark.ts";
import type { StoreLink } from "./store-link.ts";
import { isBefore, type Vector } from "./vector.ts";

/** What one step appended to one conversation, as the feed of its bucket has it. */
export interface Stretch {
  readonly bucket: number;
  readonly stamp: number;
  readonly conversation: string;
  /** Both 0: the conversation was removed. */
  readonly first: number;
  readonly last: number;
}

export interface Above {
  /** By stamp, over all buckets; none is missing between them. */
  readonly found: readonly Stretch[];
  /** Where the buckets stood. */
  readonly now: Vector;
  /** That is all that there was. */
  readonly complete: boolean;
}

/**
 * Stretches above a place in each bucket, oldest first: at most so many of one bucket, so that what stands above the
 * last of a bucket that has more has to wait. Each bucket is read in one step with its clock, and what is written to
 * it later stands above that: so nothing is ever skipped. A bucket in another life is read from its beginning.
 */
export async function readAbove(link: StoreLink, vector: Vector, mostOfOne: number): Promise<Above> {
  const now = new Map<number, BucketMoment>();
  const found: Stretch[] = [];
  let horizon = Number.POSITIVE_INFINITY;
  const read = async (buckets: readonly number[], above: (bucket: number) => number) => {
    for (const [bucket, moment, entries] of await readBuckets(link, buckets, mostOfOne, above)) {
      now.set(bucket, moment);
      if (!isBefore(vector.get(bucket), moment) && above(bucket) > 0) continue;
      found.push(...entries);
      if (entries.length >= mostOfOne) horizon = Math.min(horizon, entries.at(-1)?.stamp ?? horizon);
    }
  };
  await Promise.all(link.allBuckets().map(({ buckets }) => read(buckets, (bucket) => vector.get(bucket)?.at ?? 0)));
  const others = [...now].filter(([bucket, moment]) => !isBefore(vector.get(bucket), moment));
  for (const [bucket, moment] of others) {
    const place = vector.get(bucket);
    if (place !== undefined && place.life === moment.life) throw await putBack(link, bucket, place);
  }
  const anew = others.map(([bucket]) => bucket).filter((bucket) => (vector.get(bucket)?.at ?? 0) > 0);
  await Promise.all(link.groups(anew, (bucket) => bucket).map(({ buckets }) => read(buckets, () => 0)));
  found.sort((a, b) => a.stamp - b.stamp || a.bucket - b.bucket);
  const known = found.filter(({ stamp }) => stamp <= horizon);
  return { found: known, now, complete: horizon === Number.POSITIVE_INFINITY };
}

async function readBuckets(
  link: StoreLink,
  buckets: readonly number[],
  most: number,
  above: (bucket: number) => number,
): Promise<readonly (readonly [bucket: number, moment: BucketMoment, entries: readonly Stretch[]])[]> {
  const { keys, clocks } = link;
  const answers = (await link.run(
    "feed",
    buckets.flatMap((bucket) => [keys.bucket(bucket), keys.feed(bucket)]),
    [String(most), ...buckets.map((bucket) => String(above(bucket)))],
  )) as readonly (readonly string[])[];
  return buckets.map((bucket, n) => {
    const [told, ...texts] = answers[n] ?? [];
    const entries: Stretch[] = [];
    for (let at = 0; at < texts.length; at += 2) {
      const [conversation = "", first, last] = (texts[at] ?? "").split(" ");
      const stamp = Number(texts[at + 1]);
      entries.push({ bucket, stamp, conversation, first: Number(first), last: Number(last) });
    }
    return [bucket, clocks.hear(bucket, told), entries] as const;
  });
}

/** How far the clocks of servers may be ahead of this one's, in ms. */
const CLOCKS_APART_MS = 86_400_000;

/** The mark shows that a bucket was put back to an earlier moment: it begins another life, so that all others see it too. */
async function putBack(link: StoreLink, bucket: number, place: BucketMoment): Promise<Error> {
  // What no clock can have said was made up.
  if (place.at > (Date.now() + CLOCKS_APART_MS) * 1_000) return unknownMark();
  link.clocks.hear(bucket, `${place.at} ${place.life}`);
  await link.rewind([bucket]);
  return unknownMark();
}
