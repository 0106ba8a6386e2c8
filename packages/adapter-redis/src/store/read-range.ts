import type { EventPage, RangeQuery, Span } from "@earshot/core";
import { type EventRow, utf8Bytes } from "@earshot/protocol";
import { bucketOf } from "../keys.ts";
import { type RowTexts, rowOf } from "./event-text.ts";
import { conversationRecord, memberRecord, spansOf } from "./records.ts";
import type { StoreLink } from "./store-link.ts";

type Answer = readonly [
  told: string,
  head: string,
  seldom: string,
  record: string,
  below: number,
  above: number,
  down: readonly RowTexts[],
  up: readonly RowTexts[],
];

/** As `MessageStore.range`. */
export async function readRange(link: StoreLink, query: RangeQuery): Promise<EventPage | null> {
  const { conversation: id, reader, view, after = 0, before = "", from, re = "", rows, bytes } = query;
  const { keys, clocks } = link;
  const bucket = bucketOf(id);
  const answer = (await link.run(
    "range",
    [keys.bucket(bucket), keys.conversation(id), keys.log(id), keys.index(id), keys.messages(id)],
    [
      reader === undefined ? "" : `=${reader}`,
      view,
      String(after),
      String(before),
      String(from),
      String(re),
      String(rows),
      String(bytes),
    ],
  )) as Answer | null;
  if (answer === null) return null;
  const [told, headText, seldomText, record, below, above, down, up] = answer;
  const conversation = conversationRecord(headText, seldomText, clocks.hear(bucket, told));
  const { epoch, head, ord, first } = conversation;
  const spans: readonly Span[] = record === "" ? [[first, null]] : spansOf(memberRecord(record), conversation);
  const [downRows, upRows] = withinBytes([down, up], bytes);
  return {
    epoch,
    head,
    ord,
    rows: [...downRows.reverse(), ...upRows],
    older: downRows.length < below,
    newer: upRows.length < above,
    spans,
  };
}

/** Row by row in turns, first those upwards, so that neither side takes the other's bytes; the first always comes. */
function withinBytes(
  [down, up]: readonly [readonly RowTexts[], readonly RowTexts[]],
  bytes: number,
): readonly [down: EventRow[], up: EventRow[]] {
  const sides = [up, down].map((texts) => ({ texts, rows: [] as EventRow[], ended: false }));
  let taken = 0;
  let size = 0;
  while (sides.some(({ ended }) => !ended)) {
    for (const side of sides) {
      const texts = side.ended ? undefined : side.texts[side.rows.length];
      if (texts === undefined) {
        side.ended = true;
        continue;
      }
      const row = rowOf(texts);
      const more = utf8Bytes(JSON.stringify(row));
      if (taken > 0 && size + more > bytes) {
        side.ended = true;
        continue;
      }
      size += more;
      taken += 1;
      side.rows.push(row);
    }
  }
  return [sides[1]?.rows ?? [], sides[0]?.rows ?? []];
}
