import { bucketOf } from "../keys.ts";
import type { BucketMoment } from "./bucket-clocks.ts";
import type { StoreLink } from "./store-link.ts";
import type { Vector } from "./vector.ts";

/** Where a row of an inbox stands. */
export interface Placed {
  readonly conversation: string;
  /** The number of its last change. */
  readonly change: number;
  /** The user has lost it. */
  readonly gone: boolean;
}

/** A conversation, and above which change its row is asked for. */
interface Asked {
  readonly conversation: string;
  readonly above: number;
}

export interface Places {
  /** Those that stand above, and are or were the user's. */
  readonly placed: readonly Placed[];
  /** Where the buckets stood when they were read. */
  readonly now: Vector;
}

export async function readPlaces(link: StoreLink, user: string, asked: readonly Asked[]): Promise<Places> {
  const { keys, clocks } = link;
  const placed: Placed[] = [];
  const now = new Map<number, BucketMoment>();
  await Promise.all(
    link
      .groups(asked, ({ conversation }) => bucketOf(conversation))
      .map(async ({ buckets, items }) => {
        const named = items.map(({ conversation }) => keys.conversation(conversation));
        const answers = (await link.run(
          "places",
          [...buckets.map((bucket) => keys.bucket(bucket)), ...named],
          [user, String(buckets.length), ...items.map(({ above }) => String(above))],
        )) as readonly (string | null)[];
        for (const [n, { conversation }] of items.entries()) {
          const [change, row] = answers[n]?.split(" ") ?? [];
          if (change !== undefined) placed.push({ conversation, change: Number(change), gone: row !== "1" });
        }
        for (const [n, bucket] of buckets.entries()) {
          const moment = clocks.hear(bucket, answers[items.length + n]);
          // Of a bucket that was read in several calls the first one counts: what changed in between is read again.
          const before = now.get(bucket);
          if (before === undefined || before.at > moment.at) now.set(bucket, moment);
        }
      }),
  );
  return { placed, now };
}
