import { bucketOf } from "../keys.ts";
import type { BucketMoment } from "./bucket-clocks.ts";
import type { StoreLink } from "./store-link.ts";

/** What may be a user's. */
export interface UserIndex {
  /** Of the user's bucket: what is noted later stands above it. */
  readonly moment: BucketMoment;
  /** Conversations and when they were noted. */
  readonly noted: ReadonlyMap<string, number>;
}

export async function readUserIndex(link: StoreLink, user: string): Promise<UserIndex> {
  const { keys, clocks } = link;
  const bucket = bucketOf(user);
  const [told, ...found] = (await link.run("userIndex", [keys.bucket(bucket), keys.inbox(user)])) as readonly string[];
  const noted = new Map<string, number>();
  for (let n = 0; n < found.length; n += 2) noted.set(found[n] ?? "", Number(found[n + 1]));
  return { moment: clocks.hear(bucket, told), noted };
}
