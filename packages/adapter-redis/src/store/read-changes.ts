import type { Change, ChangePage } from "@earshot/core";
import type { BucketMoment } from "./bucket-clocks.ts";
import { formatFeedMark, parseFeedMark } from "./feed-mark.ts";
import { readAbove, type Stretch } from "./read-above.ts";
import { readStandings } from "./read-access.ts";
import type { StoreLink } from "./store-link.ts";

/** Stretches of one bucket that one page looks through. */
const OF_BUCKET_MAX = 256;

/** As `MessageStore.changes`: the feed from the mark on, of each conversation the last stretch that is found. */
export async function readChanges(link: StoreLink, after: string, limit: number): Promise<ChangePage> {
  const { vector } = parseFeedMark(after, link.life, link.clocks.size);
  const { found, now, complete } = await readAbove(link, vector, OF_BUCKET_MAX);
  const { taken, walked } = lastOfEach(found, limit);
  const standings = await readStandings(
    link,
    taken.map(({ conversation }) => ({ conversation, user: "" })),
  );
  const changes = taken.map(({ conversation }, n): Change => {
    const standing = standings[n]?.conversation;
    if (standing === undefined) return { conversation, gone: true };
    const { epoch, head, ord, mode, membersVersion } = standing;
    return { conversation, epoch, head, ord, mode, membersVersion };
  });
  const more = !complete || walked.length < found.length;
  const reached = new Map<number, BucketMoment>(more ? vector : now);
  if (more) {
    for (const { bucket, stamp } of walked) reached.set(bucket, { at: stamp, life: now.get(bucket)?.life ?? "" });
  }
  return { changes, mark: formatFeedMark({ vector: reached, within: null }, link.life), more };
}

/** At most so many, and how far they go: a stretch with a later one of its conversation tells nothing that that does not. */
function lastOfEach(
  found: readonly Stretch[],
  limit: number,
): { readonly taken: readonly Stretch[]; readonly walked: readonly Stretch[] } {
  const last = new Map(found.map((stretch) => [stretch.conversation, stretch]));
  const taken: Stretch[] = [];
  for (const [n, stretch] of found.entries()) {
    if (last.get(stretch.conversation) !== stretch) continue;
    if (taken.length >= limit) return { taken, walked: found.slice(0, n) };
    taken.push(stretch);
  }
  return { taken, walked: found };
}
