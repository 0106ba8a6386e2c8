import type { EventPage, RangeQuery, Span } from "@earshot/core";
import { type EventRow, utf8Bytes } from "@earshot/protocol";
import { type Conversation, headOf, keptSpans, type StoredEvent, within } from "./content.ts";
import { inPresent, logRow, presentRow } from "./rows.ts";

/** A page of what the reader may have; null: they are no member. */
export function pageOf(conversation: Conversation, query: RangeQuery): EventPage | null {
  const { reader, view } = query;
  const member = reader === undefined ? undefined : conversation.members.get(reader);
  if (reader !== undefined && member === undefined) return null;
  const spans = keptSpans(conversation, member?.spans ?? [[1, null]]);
  const events = conversation.events.filter((event) => isAsked(event, query, spans));
  const row = (event: StoredEvent): EventRow =>
    view === "log" ? logRow(event) : presentRow(conversation, event, reader ?? null);
  const [begin, end] = partOf(events, query, (event) => utf8Bytes(JSON.stringify(row(event))));
  const { seq: head, ord } = headOf(conversation);
  return {
    epoch: conversation.epoch,
    head,
    ord,
    rows: events.slice(begin, end).map(row),
    older: begin > 0,
    newer: end < events.length,
    spans,
  };
}

function isAsked(event: StoredEvent, { view, after = 0, before, re }: RangeQuery, spans: readonly Span[]): boolean {
  const { seq, type } = event;
  return (
    seq > after &&
    (before === undefined || seq < before) &&
    (re === undefined || (type === "message" && event.re === re)) &&
    (view === "log" || inPresent(event)) &&
    within(spans, seq)
  );
}

/** Which of the events fit the page, as a range of indices. */
function partOf(
  events: readonly StoredEvent[],
  { from, rows, bytes }: RangeQuery,
  sizeOf: (event: StoredEvent) => number,
): readonly [begin: number, end: number] {
  const start = startOf(events, from);
  let begin = start;
  let end = start;
  let room = bytes;
  const fits = (index: number): boolean => {
    const event = events[index];
    if (event === undefined || end - begin >= rows) return false;
    const size = sizeOf(event);
    if (size > room && end > begin) return false;
    room -= size;
    return true;
  };
  const least =
    typeof from === "number" ? Math.max(0, Math.min(start - Math.floor(rows / 2), events.length - rows)) : 0;
  const most = typeof from === "number" ? least + rows : events.length;
  // From the start outwards, in turns, so that a page that ends by its bytes has both sides of it.
  let [up, down] = [from !== "newest", from !== "oldest"];
  while (up || down) {
    up &&= end < most && fits(end);
    if (up) end++;
    down &&= begin > least && fits(begin - 1);
    if (down) begin--;
  }
  return [begin, end];
}

function startOf(events: readonly StoredEvent[], from: RangeQuery["from"]): number {
  if (from === "oldest") return 0;
  if (from === "newest") return events.length;
  const found = events.findIndex(({ seq }) => seq >= from);
  return found === -1 ? events.length : found;
}
