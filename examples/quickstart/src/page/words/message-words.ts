import type { Message } from "@earshot/client";
import { messageText } from "./message-text.ts";
import { clockTime } from "./time-words.ts";

const STATUS: Readonly<Record<Message["status"], string>> = {
  pending: "sending",
  sent: "sent",
  delivered: "delivered",
  read: "read",
  failed: "not sent",
};

export const DELETED_WORDS = "This message was deleted";

/** What a message says, or what is left of it. */
export function shownText({ body, deleted }: Pick<Message, "body" | "deleted">): string {
  return deleted === true ? DELETED_WORDS : messageText(body);
}

/** A message as it is read out: who, what, when, and what became of it. */
export function messageWords(message: Message): string {
  const { own, from, at, edited, deleted, status } = message;
  const parts = [`${own ? "You" : from}: ${shownText(message)}`, clockTime(at)];
  if (edited !== undefined && deleted !== true) parts.push("edited");
  if (own) parts.push(STATUS[status]);
  return parts.join(", ");
}
