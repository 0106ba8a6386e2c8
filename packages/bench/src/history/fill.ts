import type { Append, MessageStore } from "@earshot/core";
import type { ConversationId } from "@earshot/protocol";
import { SENDER } from "../send/make-conversations.ts";
import { messageEntry } from "../send/message-entry.ts";

/** As many as the stores take in one commit. */
const BATCH_ENTRIES = 500;

/** Writes a message after the other into the store itself, the nth into the conversation that `place` names. */
export async function fill(store: MessageStore, count: number, place: (n: number) => ConversationId): Promise<void> {
  for (let from = 0; from < count; from += BATCH_ENTRIES) {
    const batch: Append[] = [];
    for (let n = from; n < Math.min(count, from + BATCH_ENTRIES); n++) batch.push(messageEntry(place(n), SENDER));
    const results = await store.append(batch);
    const odd = results.find(({ kind }) => kind !== "event");
    if (odd !== undefined) throw new Error(`the store answers ${JSON.stringify(odd)}`);
  }
}
