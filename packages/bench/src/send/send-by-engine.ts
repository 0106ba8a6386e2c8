import { ChatEngine, type MessageStore } from "@earshot/core";
import { makeConversations, SENDER } from "./make-conversations.ts";
import { BODY } from "./message-entry.ts";
import { Meter, type Metered } from "./meter.ts";
import type { SendRequest } from "./send-request.ts";

/** Everything is on but the rates, which would stop one sender. */
const NO_RATES = {
  sendsPerSecondMax: 1_000_000,
  sendsPerSecondPerUserMax: 1_000_000,
  sendsPerSecondPerConversationMax: 1_000_000,
};

/** Sends through an engine of one's own, as the host does in process. */
export async function sendByEngine(store: MessageStore, request: SendRequest): Promise<Metered> {
  const { conversations, inFlight, pauseMs } = request;
  const chat = new ChatEngine({ store, authenticate: () => null, limits: NO_RATES });
  await chat.start();
  const ids = await makeConversations(store, conversations);
  const own = ids.map((id) => chat.as(SENDER).conversation(id));
  const meter = new Meter(request);
  let next = 0;
  const sendOn = async (): Promise<void> => {
    for (let on = true; on; ) {
      const conversation = own[next++ % own.length];
      const startedAt = performance.now();
      await conversation?.send(BODY);
      on = meter.note(startedAt);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, sendOn));
  await chat.close();
  return meter.result();
}
