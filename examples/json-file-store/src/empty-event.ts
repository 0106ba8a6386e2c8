import type { UserId } from "@earshot/protocol";
import { type Conversation, eventAt, type StoredEvent } from "./content.ts";

/** Takes an event's content away. */
export function emptyEvent(event: StoredEvent): void {
  event.deleted = true;
  delete event.body;
  delete event.mentions;
}

/** Takes a message's content away, with its edits and reactions. */
export function emptyMessage(conversation: Conversation, message: StoredEvent): void {
  emptyEvent(message);
  delete message.reactions;
  for (const seq of message.edits ?? []) {
    const edit = eventAt(conversation, seq);
    if (edit !== undefined) emptyEvent(edit);
  }
}

/** Sets or takes back one user's reaction; false: it changes nothing. */
export function react(message: StoredEvent, user: UserId, key: string, on: boolean): boolean {
  const found = message.reactions?.find(([name]) => name === key);
  if ((found?.[1].includes(user) ?? false) === on) return false;
  if (on && found === undefined) message.reactions = [...(message.reactions ?? []), [key, [user]]];
  else if (on) found?.[1].push(user);
  else {
    const left = (message.reactions ?? [])
      .map(([name, users]): [string, UserId[]] => [
        name,
        name === key ? users.filter((other) => other !== user) : users,
      ])
      .filter(([, users]) => users.length > 0);
    if (left.length > 0) message.reactions = left;
    else delete message.reactions;
  }
  return true;
}
