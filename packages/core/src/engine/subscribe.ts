import { ChatError, type ConversationId, type SubscribedFrame } from "@earshot/protocol";
import type { Access } from "../ports/message-store.ts";

/** What `subscribed` says of a conversation. Receipts and presence are not kept yet: no watermarks, nobody online. */
export function subscribedFrame(c: ConversationId, access: Access): SubscribedFrame {
  const { mode, epoch, head, ord, members } = access;
  return { t: "subscribed", c, mode, epoch, head, ord, members, online: 0, watermarks: [] };
}

/** Adds a subscription, once. Throws `too_large` over the bound. */
export function addSubscription(subscriptions: Set<string>, c: ConversationId, subscriptionsMax: number): void {
  if (!subscriptions.has(c) && subscriptions.size >= subscriptionsMax) {
    throw new ChatError("too_large", `unable to subscribe; a session may hold ${subscriptionsMax} subscriptions`);
  }
  subscriptions.add(c);
}
