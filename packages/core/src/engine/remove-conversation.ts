import { ChatError, type ConversationId, type UserId } from "@earshot/protocol";
import type { Permissions } from "../options.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";

export interface RemoveSurroundings {
  readonly store: Pick<MessageStore, "access" | "remove" | "settings">;
  readonly permissions: Permissions;
  /** Told of a conversation that is no more, and of those who were its members. */
  removed(c: ConversationId, members: readonly UserId[]): void;
}

/** Removes a conversation with everything in it, for all; a `direct` only the host itself. Rejects with `not_found`, `forbidden` (by role, or a `direct`). */
export async function removeConversation(house: RemoveSurroundings, caller: Caller, c: ConversationId): Promise<void> {
  if (!caller.system) {
    const [access] = await house.store.access([{ user: caller.user, conversation: c }]);
    if (!access) throw refusal("not_found");
    if (access.kind === "direct") throw refusal("forbidden");
  }
  const by = caller.system ? null : caller.user;
  const removed = await house.store.remove(c, by, house.permissions.remove).catch(async (error: unknown) => {
    // Its answer may be lost alone. Who the members were nobody knows then, but for those who are remembered here.
    if ((await house.store.settings(c)) !== null) throw error;
    return { kind: "removed", members: [] } as const;
  });
  if (removed.kind === "refused") throw refusal(removed.code);
  house.removed(c, removed.members);
}

function refusal(code: "not_found" | "forbidden"): ChatError {
  const why = code === "not_found" ? "no such conversation" : "your role, or its kind, does not allow it";
  return new ChatError(code, `unable to delete conversation; ${why}`);
}
