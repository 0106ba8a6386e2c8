import type { UserId } from "@earshot/protocol";
import type { Content, Conversation, StoredEvent } from "./content.ts";
import { emptyEvent, emptyMessage, react } from "./empty-event.ts";

/** Takes one user's content out of a conversation; inboxes tell, no event does. */
export function eraseIn(content: Content, conversation: Conversation, user: UserId): void {
  let changed = false;
  for (const event of conversation.events) {
    if (event.from === user && holdsContent(event)) {
      if (event.type === "message") emptyMessage(conversation, event);
      else emptyEvent(event);
      changed = true;
    }
    for (const [key] of event.reactions ?? []) changed = react(event, user, key, false) || changed;
  }
  for (const [key, stored] of conversation.keys) {
    if (stored.hash === null || !key.startsWith(`${user} `)) continue;
    stored.hash = null;
    content.tick++;
  }
  if (changed) conversation.changed = ++content.tick;
}

function holdsContent({ type, deleted }: StoredEvent): boolean {
  return !deleted && (type === "message" || type === "edit" || type === "react" || type.startsWith("x-"));
}

/** What is kept of a user apart from conversations. */
export function eraseBeside(content: Content, user: UserId): void {
  const { blocks } = content;
  for (const [other, blocked] of blocks) {
    if (other !== user && !blocked.delete(user)) continue;
    if (other === user || blocked.size === 0) blocks.delete(other);
    content.tick++;
  }
}
