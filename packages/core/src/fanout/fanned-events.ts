import type { ConversationId, Epoch, EventRow } from "@earshot/protocol";
import type { EncodedFrames } from "../ports/transport.ts";

export interface FannedEvent {
  readonly row: EventRow;
  readonly rowText: string;
  readonly frame: EncodedFrames;
}

/** Neighbouring events of one conversation, encoded once for all who get them. */
export interface FannedEvents {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly events: readonly FannedEvent[];
  readonly joined: EncodedFrames;
}

/** The session that an event came from, or those that sent it once each; null: it came from none that is here. */
export type Origin = object | ReadonlySet<object> | null;

/** Where events came from, one by one; null: from nowhere here. */
export type Origins = readonly Origin[] | null;

/** Events `from` up to, and without, `to`. */
export function slice(all: FannedEvents, from: number, to: number): FannedEvents {
  return from === 0 && to === all.events.length ? all : joined(all, all.events.slice(from, to));
}

/** Events up to, and with, a seq; null: there are none. */
export function upTo(all: FannedEvents, seq: number): FannedEvents | null {
  const above = all.events.findIndex(({ row }) => row.seq > seq);
  return above === 0 ? null : slice(all, 0, above < 0 ? all.events.length : above);
}

/** The origins of the same slice, if they leave anybody out. */
export function originsOf(origins: Origins | undefined, from: number, to: number): Origins {
  const own = origins?.slice(from, to) ?? null;
  return own === null || own.every((origin) => origin === null) ? null : own;
}

/** Without what the session sent itself (`sent` tells it), and what lies below `since`. */
export function shareOf(session: object, part: FannedEvents, origins: Origins, since: number): FannedEvents | null {
  const first = part.events[0]?.row.seq ?? 0;
  if (since <= first && !hasOwn(origins, session)) return part;
  const events = part.events.filter(
    (event, index) => event.row.seq >= since && !isFrom(origins?.[index] ?? null, session),
  );
  return events.length === 0 ? null : joined(part, events);
}

/** With every delivery: no closure is made for it. */
function hasOwn(origins: Origins, session: object): boolean {
  if (origins === null) return false;
  for (const origin of origins) if (isFrom(origin, session)) return true;
  return false;
}

function isFrom(origin: Origin, session: object): boolean {
  return origin === session || (origin instanceof Set && origin.has(session));
}

function joined(whole: FannedEvents, events: readonly FannedEvent[]): FannedEvents {
  const only = events.length === 1 ? events[0] : undefined;
  const frames: EncodedFrames = only?.frame ?? {
    texts: events.flatMap((event) => event.frame.texts),
    bytes: events.reduce((sum, event) => sum + event.frame.bytes, 0),
    prepared: null,
  };
  return { c: whole.c, epoch: whole.epoch, events, joined: frames };
}
