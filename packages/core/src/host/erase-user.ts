import { type ConversationId, isChatError, type Role, type UserId } from "@earshot/protocol";
import type { ConversationSettings } from "../ports/conversation-settings.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { appendErased, type ErasedEventSurroundings } from "./erased-event.ts";
import { membershipsOf } from "./export-user.ts";

export interface EraseSurroundings extends ErasedEventSurroundings {
  readonly store: ErasedEventSurroundings["store"] & Pick<MessageStore, "memberships" | "erase">;
  /** Makes the user leave, by the host's own right. */
  leave(c: ConversationId, user: UserId): Promise<unknown>;
  /** Forgets what is kept in memory of a conversation's events. */
  forget(c: ConversationId): void;
  /** Voids their credentials, and ends their sessions. */
  revoke(user: UserId): Promise<void>;
}

/**
 * Takes out everything that a user wrote and all that is kept of them, conversation by conversation: they leave
 * groups and channels (a `direct` keeps its two), their content goes, and one `meta` event tells the readers. Each step may be
 * repeated, and what is done already changes nothing: after a failure, or a crash, it is called again. Rejects
 * as the store does.
 */
export async function eraseUser(house: EraseSurroundings, user: UserId): Promise<void> {
  await house.revoke(user);
  for await (const { conversation: c, role } of membershipsOf(house, user)) {
    const settings = await house.store.settings(c);
    if (settings === null) continue;
    if (mayLeave(settings, role)) await leave(house, c, user);
    await house.store.erase(user, c);
    house.forget(c);
    await appendErased(house, c, user);
  }
  await house.store.erase(user, null);
}

async function leave(house: EraseSurroundings, c: ConversationId, user: UserId): Promise<void> {
  try {
    await house.leave(c, user);
  } catch (error) {
    // Somebody removed the conversation meanwhile.
    if (!isChatError(error) || error.code !== "not_found") throw error;
  }
}

function mayLeave({ kind }: ConversationSettings, role: Role | null): boolean {
  return role !== null && kind !== "direct";
}
