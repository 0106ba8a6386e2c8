import type { EventFrame, EventRow } from "@earshot/protocol";

/** A live event as a page would carry it (pure). */
export function eventRowOf(frame: EventFrame): EventRow {
  const { t, c, epoch, ...row } = frame;
  return row;
}
