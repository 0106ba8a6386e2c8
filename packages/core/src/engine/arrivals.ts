import type { ConversationId, Epoch, EventRow, Mode } from "@earshot/protocol";
import type { Committed } from "./sequencer.ts";

/** Neighbouring events of one conversation, as they leave a commit. */
export interface CommittedEvents {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly rows: readonly EventRow[];
  /** How events travel after the last of them. */
  readonly mode: Mode;
  /** After the last of them; 0: not known. */
  readonly membersVersion: number;
  /** For each row, whose send it was. */
  readonly origins: readonly (object | null)[];
}

interface Gathered {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly rows: EventRow[];
  mode: Mode;
  membersVersion: number;
  readonly origins: (object | null)[];
}

/**
 * A commit's events, gathered by conversation, each in seq order. Where another node's events lie
 * between them, as they can when a batch was appended again, what follows is gathered apart. Pure.
 */
export function arrivals(batch: readonly Committed[]): readonly CommittedEvents[] {
  const all: Gathered[] = [];
  const latest = new Map<ConversationId, Gathered>();
  for (const { entry, result, origin } of batch) {
    const { epoch, row, mode, membersVersion } = result;
    let events = latest.get(entry.conversation);
    if (events === undefined || !follows(events, result)) {
      events = { c: entry.conversation, epoch, rows: [], mode, membersVersion, origins: [] };
      latest.set(entry.conversation, events);
      all.push(events);
    }
    events.rows.push(row);
    events.origins.push(origin);
    events.mode = mode;
    events.membersVersion = membersVersion;
  }
  return all;
}

function follows({ epoch, rows, membersVersion }: Gathered, next: Committed["result"]): boolean {
  const known = membersVersion > 0;
  return epoch === next.epoch && rows.at(-1)?.seq === next.row.seq - 1 && known === next.membersVersion > 0;
}

/** The first events of a conversation that was just created. They are for everyone: nobody sent them by a session. */
export function creationArrival(
  made: { readonly id: ConversationId; readonly epoch: Epoch; readonly mode: Mode },
  created: { readonly rows: readonly EventRow[]; readonly membersVersion: number },
): CommittedEvents {
  const { rows, membersVersion } = created;
  return { c: made.id, epoch: made.epoch, rows, mode: made.mode, membersVersion, origins: rows.map(() => null) };
}
