import type { FeedItem } from "@earshot/core";
import { eventRow } from "./event-text.ts";
import type { Stretch } from "./read-above.ts";
import type { StoreLink } from "./store-link.ts";

/** What is left of a stretch. */
export interface Content {
  /** With their seqs. */
  readonly items: readonly (readonly [seq: number, item: FeedItem])[];
  /** There is more: that was as much as was asked for. */
  readonly cut: boolean;
}

const NOTHING: Content = { items: [], cut: false };

/** What is left of each stretch, in their order. undefined: not looked at, since those before it are as much as was asked for. */
export async function readStretches(
  link: StoreLink,
  stretches: readonly Stretch[],
  events: number,
  bytes: number,
): Promise<readonly (Content | undefined)[]> {
  const { keys } = link;
  const contents = stretches.map(({ conversation, last }): Content | undefined =>
    last === 0 ? { items: [[0, { conversation, gone: true }]], cut: false } : undefined,
  );
  const written = [...stretches.entries()].filter(([, { last }]) => last > 0);
  await Promise.all(
    link
      .groups(written, ([, { bucket }]) => bucket)
      .map(async ({ buckets, items }) => {
        const answers = (await link.run(
          "events",
          [
            ...buckets.map((bucket) => keys.bucket(bucket)),
            ...items.flatMap(([, { conversation }]) => [keys.conversation(conversation), keys.log(conversation)]),
          ],
          [
            ...[String(buckets.length), String(events), String(bytes)],
            ...items.flatMap(([, { bucket, first, last }]) => [
              String(buckets.indexOf(bucket) + 1),
              String(first),
              String(last),
            ]),
          ],
        )) as readonly (Answer | null)[];
        for (const [n, [place, { conversation }]] of items.entries()) {
          const answer = answers[n];
          if (answer !== undefined) contents[place] = answer === null ? NOTHING : contentOf(conversation, answer);
        }
      }),
  );
  return contents;
}

type Answer = readonly [epoch: string, cut: number, ...texts: string[]];

function contentOf(conversation: string, [epoch, cut, ...texts]: Answer): Content {
  const items: (readonly [number, FeedItem])[] = [];
  for (let n = 0; n < texts.length; n += 2) {
    const seq = Number(texts[n]);
    items.push([seq, { conversation, epoch, row: eventRow(seq, texts[n + 1] ?? "") }]);
  }
  return { items, cut: cut === 1 };
}
