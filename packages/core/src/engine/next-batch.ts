import type { ConversationId } from "@earshot/protocol";
import type { Append } from "../ports/append.ts";

/** Entries that stand in one order: one session's sends to one conversation. Compared by identity. */
export interface Order {
  /** Something of it is refused with this wait: what comes from now on stands behind it. */
  shut?(retryAfterMs: number): void;
}

export interface QueuedEntry {
  readonly entry: Append;
  readonly order: Order | null;
  /** Stands behind one of its order that was refused with this wait: it is looked up, and else `blocked`. */
  readonly behindMs: number | null;
}

/**
 * The oldest entries, up to a bound, but for what stands behind a message of its order where slow mode may
 * be on: that message may be refused with a wait, and then nothing of its order may have been appended
 * behind it (I11). Both parts keep the order given. Pure, but for what `slow` does.
 */
export function nextBatch<Entry extends QueuedEntry>(
  waiting: readonly Entry[],
  entriesMax: number,
  slow: (c: ConversationId) => boolean,
): { readonly batch: Entry[]; readonly later: Entry[] } {
  const batch: Entry[] = [];
  const later: Entry[] = [];
  /** Orders that have a message in the batch. */
  const messages = new Set<Order>();
  /** Conversations whose settings change in the batch: nobody knows whether they are slow behind that. */
  const changed = new Set<ConversationId>();
  let next = 0;
  for (const queued of waiting) {
    if (batch.length === entriesMax) break;
    next++;
    const { entry, order, behindMs } = queued;
    const { conversation } = entry;
    if (order !== null && messages.has(order) && (changed.has(conversation) || slow(conversation))) {
      later.push(queued);
      continue;
    }
    if (entry.settings !== undefined) changed.add(conversation);
    if (order !== null && entry.type === "message" && behindMs === null) messages.add(order);
    batch.push(queued);
  }
  for (; next < waiting.length; next++) later.push(waiting[next] as Entry);
  return { batch, later };
}
