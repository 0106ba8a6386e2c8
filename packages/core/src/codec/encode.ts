import { type ConversationId, type Epoch, type EventRow, encodeFrame, type GatewayFrame } from "@earshot/protocol";
import type { EncodedFrames } from "../ports/transport.ts";

/** One event, encoded once: as a frame for sessions, as a row for pages. */
export interface EncodedEvent {
  readonly row: EventRow;
  /** The row's JSON text, as pages hold it. */
  readonly rowText: string;
  readonly frame: EncodedFrames;
}

/** Neighbouring events of one conversation, for any number of sessions. */
export interface EncodedEvents {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly events: readonly EncodedEvent[];
  /** All frames in one piece. */
  readonly joined: EncodedFrames;
}

function encoded(texts: readonly string[]): EncodedFrames {
  let bytes = 0;
  for (const text of texts) bytes += Buffer.byteLength(text);
  return { texts, bytes, prepared: null };
}

function joined(events: readonly EncodedEvent[]): EncodedFrames {
  const texts = events.map(({ frame }) => frame.texts[0] ?? "");
  return { texts, bytes: events.reduce((sum, { frame }) => sum + frame.bytes, 0), prepared: null };
}

/** One frame for one session. */
export function encode(frame: GatewayFrame): EncodedFrames {
  return encoded([encodeFrame(frame)]);
}

/** `{"t":"event","c":…,"epoch":…,` and the row's own fields: one rendering of the row serves frame and page. */
export function encodeEvents(c: ConversationId, epoch: Epoch, rows: readonly EventRow[]): EncodedEvents {
  const opening = `{"t":"event","c":${JSON.stringify(c)},"epoch":${JSON.stringify(epoch)},`;
  const events = rows.map((row) => {
    const rowText = JSON.stringify(row);
    return { row, rowText, frame: encoded([opening + rowText.slice(1)]) };
  });
  const only = events.length === 1 ? events[0] : undefined;
  return { c, epoch, events, joined: only?.frame ?? joined(events) };
}

/** An event whose content a `delete` took away: as it was, with `deleted`, without body and mentions. */
export function encodeDeleted(c: ConversationId, epoch: Epoch, { row }: EncodedEvent): EncodedEvent {
  const { body: _body, mentions: _mentions, ...rest } = row;
  const [event] = encodeEvents(c, epoch, [{ ...rest, deleted: true }]).events;
  return event as EncodedEvent;
}

/** `again` around a frame that is encoded already. */
export function encodeAgain(n: number, frame: EncodedFrames): EncodedFrames {
  return encoded([`{"t":"again","n":${n},"frame":${frame.texts[0] ?? "null"}}`]);
}

/** A page around rows that are encoded already. */
export function encodePage(
  page: {
    readonly c: ConversationId;
    readonly epoch: Epoch;
    readonly head: number;
    readonly from: number;
    readonly to: number;
    readonly more: boolean;
  },
  rowTexts: readonly string[],
): EncodedFrames {
  const { c, epoch, head, from, to, more } = page;
  const opening = JSON.stringify({ t: "events", c, epoch, head, from, to });
  return encoded([`${opening.slice(0, -1)},"events":[${rowTexts.join(",")}],"more":${more}}`]);
}
