import type { ConversationId, UserId } from "@earshot/protocol";
import type { MemoryConversation } from "./memory-conversation.ts";
import type { InboxEntry, InboxPlace } from "./memory-inbox.ts";

/** What is left of a conversation that was removed: its id, and since when it is gone for whom. */
export class RemovedConversation implements InboxEntry {
  readonly id: ConversationId;
  readonly #goneAt = new Map<UserId, number>();

  /** `change`: the removal's change number. Who had left before has lost it since then. */
  constructor({ id, members }: Pick<MemoryConversation, "id" | "members">, change: number) {
    this.id = id;
    for (const { user, role, change: leftAt } of members.all.values()) {
      this.#goneAt.set(user, role === null ? leftAt : change);
    }
  }

  inboxPlace(user: UserId): InboxPlace | null {
    const change = this.#goneAt.get(user);
    return change === undefined ? null : { gone: true, change };
  }

  inboxRow(): null {
    return null;
  }
}
