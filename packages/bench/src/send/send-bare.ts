import type { MessageStore } from "@earshot/core";
import { makeConversations, SENDER } from "./make-conversations.ts";
import { messageEntry } from "./message-entry.ts";
import { Meter, type Metered } from "./meter.ts";
import type { SendRequest } from "./send-request.ts";

/** Entries of one batch at most, as the engine's own commits. */
const BATCH_ENTRIES_MAX = 500;

/** The store's own group commit: the next batch leaves when the last is acknowledged. */
export async function sendBare(store: MessageStore, request: SendRequest): Promise<Metered> {
  const { conversations, inFlight, pauseMs } = request;
  await store.open();
  const ids = await makeConversations(store, conversations);
  const meter = new Meter(request);
  let next = 0;
  /** When each of those that wait began to. */
  let waiting: number[] = Array.from({ length: inFlight }, () => performance.now());
  for (let on = true; on; ) {
    const begun = waiting.slice(0, BATCH_ENTRIES_MAX);
    const entries = begun.map(() => messageEntry(ids[next++ % ids.length] ?? "", SENDER));
    const results = await store.append(entries);
    const odd = results.find(({ kind }) => kind !== "event");
    if (odd !== undefined) throw new Error(`the store answers ${JSON.stringify(odd)}`);
    for (const startedAt of begun) on = meter.note(startedAt) && on;
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const now = performance.now();
    waiting = [...waiting.slice(begun.length), ...begun.map(() => now)];
  }
  await store.close();
  return meter.result();
}
