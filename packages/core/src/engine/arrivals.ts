import type { ConversationId, Epoch, EventRow } from "@earshot/protocol";
import type { Committed } from "./sequencer.ts";

/** Neighbouring events of one conversation, as they leave a commit. */
export interface CommittedEvents {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly rows: readonly EventRow[];
  /** After the last of them. */
  readonly membersVersion: number;
  /** For each row, whose send it was. */
  readonly origins: readonly (object | null)[];
}

/** A commit's events, gathered by conversation, each in seq order. Pure. */
export function arrivals(batch: readonly Committed[]): readonly CommittedEvents[] {
  const gathered = new Map<ConversationId, { epoch: Epoch; rows: EventRow[]; membersVersion: number; origins: (object | null)[] }>();
  for (const { entry, result, origin } of batch) {
    let events = gathered.get(entry.conversation);
    if (events === undefined) {
      events = { epoch: result.epoch, rows: [], membersVersion: 0, origins: [] };
      gathered.set(entry.conversation, events);
    }
    events.rows.push(result.row);
    events.origins.push(origin);
    events.membersVersion = Math.max(events.membersVersion, result.membersVersion);
  }
  return [...gathered].map(([c, events]) => ({ c, ...events }));
}

/** The first events of a conversation that was just created. They are for everyone: nobody sent them by a session. */
export function creationArrival(
  made: { readonly id: ConversationId; readonly epoch: Epoch },
  created: { readonly rows: readonly EventRow[]; readonly membersVersion: number },
): CommittedEvents {
  const { rows, membersVersion } = created;
  return { c: made.id, epoch: made.epoch, rows, membersVersion, origins: rows.map(() => null) };
}
