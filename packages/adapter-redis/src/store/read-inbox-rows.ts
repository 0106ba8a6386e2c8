import type { InboxRow } from "@earshot/protocol";
import { bucketOf } from "../keys.ts";
import type { BucketMoment } from "./bucket-clocks.ts";
import { type RowTexts, rowOf } from "./event-text.ts";
import { parsedSettings, type SettingsTexts } from "./read-settings.ts";
import { conversationRecord, memberRecord } from "./records.ts";
import type { StoreLink } from "./store-link.ts";

type Answer = readonly [
  head: string,
  seldom: string,
  ...settings: SettingsTexts,
  record: string,
  mentions: number,
  last: RowTexts | "",
];

/** Rows by conversation; those of which the user is no member are missing. */
export async function readInboxRows(
  link: StoreLink,
  user: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, InboxRow>> {
  const { keys, clocks } = link;
  const rows = new Map<string, InboxRow>();
  await Promise.all(
    link.ofIds(ids).map(async ({ buckets, items }) => {
      const answers = (await link.run(
        "rows",
        [
          ...buckets.map((bucket) => keys.bucket(bucket)),
          ...items.flatMap((id) => [keys.conversation(id), keys.log(id), keys.index(id), keys.messages(id)]),
        ],
        [user, String(buckets.length)],
      )) as readonly unknown[];
      const moments = new Map(buckets.map((bucket, n) => [bucket, clocks.hear(bucket, answers[items.length + n])]));
      for (const [n, id] of items.entries()) {
        const answer = answers[n] as Answer | null;
        const moment = moments.get(bucketOf(id));
        if (answer !== null && moment !== undefined) rows.set(id, inboxRow(id, answer, moment));
      }
    }),
  );
  return rows;
}

function inboxRow(id: string, answer: Answer, moment: BucketMoment): InboxRow {
  const [headText, seldomText, titleText, metaText, pinnedText, retentionText, record, mentions, last] = answer;
  const { kind, mode, epoch, head, ord, open, slow } = conversationRecord(headText, seldomText, moment);
  const { title, meta, pinned, retention } = parsedSettings([titleText, metaText, pinnedText, retentionText]);
  const { role, delivered, read, readOrd, mute, marked } = memberRecord(record);
  return {
    c: id,
    kind,
    mode,
    epoch,
    head,
    ord,
    delivered,
    read,
    unread: ord - readOrd,
    mentions,
    role: role ?? "reader",
    title,
    meta,
    mute,
    last: last === "" ? null : rowOf(last),
    ...(marked ? { marked: true } : {}),
    ...(open ? { open: true } : {}),
    ...(slow > 0 ? { slow } : {}),
    ...(pinned.length > 0 ? { pinned } : {}),
    ...(retention === null ? {} : { retention }),
  };
}
