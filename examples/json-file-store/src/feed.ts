import type { Change, ChangePage, FeedItem, FeedPage } from "@earshot/core";
import { utf8Bytes } from "@earshot/protocol";
import { type Content, headOf } from "./content.ts";
import { cursorText, neverGiven, placeIn } from "./cursor.ts";
import { logRow } from "./rows.ts";

/** The ticks of events and removals are the feed's order. Sorted anew for each page: an example has no index. */
export function feedPage(content: Content, after: string | null, rows: number, bytes: number): FeedPage {
  const mark = after === null ? 0 : tickIn(content, after);
  const items = itemsAbove(content, mark);
  let room = bytes;
  const end = items.findIndex(([, item], index) => {
    room -= utf8Bytes(JSON.stringify(item));
    return index >= rows || (index > 0 && room < 0);
  });
  const page = end === -1 ? items : items.slice(0, end);
  const more = page.length < items.length;
  return {
    items: page.map(([, item]) => item),
    mark: cursorText("feed", content.store, more ? (page.at(-1)?.[0] ?? mark) : content.tick),
    more,
  };
}

/** Conversations by the tick of their head, or of their removal: what came before it tells nothing more. */
export function changesPage({ conversations, removed, ...content }: Content, after: string, limit: number): ChangePage {
  const mark = tickIn(content, after);
  const gone = [...removed].map(([conversation, at]): Changed => [at, { conversation, gone: true }]);
  const there = [...conversations.values()].map((conversation): Changed => {
    const { id, epoch, mode, membersVersion } = conversation;
    const { tick, seq: head, ord } = headOf(conversation);
    return [tick, { conversation: id, epoch, head, ord, mode, membersVersion }];
  });
  const changed = [...gone, ...there].filter(([at]) => at > mark).sort(([a], [b]) => a - b);
  const page = changed.slice(0, limit);
  const more = page.length < changed.length;
  return {
    changes: page.map(([, change]) => change),
    mark: cursorText("feed", content.store, more ? (page.at(-1)?.[0] ?? mark) : content.tick),
    more,
  };
}

type Changed = readonly [tick: number, change: Change];

export function feedEndOf({ store, tick }: Content): string {
  return cursorText("feed", store, tick);
}

function itemsAbove({ conversations, removed }: Content, mark: number): [tick: number, item: FeedItem][] {
  const items: [number, FeedItem][] = [...removed]
    .filter(([, tick]) => tick > mark)
    .map(([conversation, tick]) => [tick, { conversation, gone: true }]);
  for (const { id, epoch, events } of conversations.values()) {
    const first = events.findIndex(({ tick }) => tick > mark);
    if (first === -1) continue;
    for (const event of events.slice(first)) items.push([event.tick, { conversation: id, epoch, row: logRow(event) }]);
  }
  return items.sort(([a], [b]) => a - b);
}

function tickIn({ store, tick }: Pick<Content, "store" | "tick">, text: string): number {
  const [mark] = placeIn(text, "feed", store) ?? [];
  if (typeof mark !== "number" || mark > tick) throw neverGiven("feed");
  return mark;
}
