import type { ConversationId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { MessageStore } from "../ports/message-store.ts";

/** What is known of one conversation; null: it is being looked up. */
interface Known {
  slow: boolean | null;
}

/** Which conversations are in slow mode, as far as somebody asked. Those unused for longest are forgotten, and looked up anew. */
export class SlowConversations {
  readonly #store: Pick<MessageStore, "settings">;
  readonly #known: LRUCache<ConversationId, Known>;

  constructor(store: Pick<MessageStore, "settings">, rememberedMax: number) {
    this.#store = store;
    this.#known = new LRUCache({ max: rememberedMax });
  }

  /** Whether slow mode may be on. True until it is known that it is not. */
  maybe(c: ConversationId): boolean {
    const known = this.#known.get(c);
    if (known !== undefined) return known.slow ?? true;
    const asked: Known = { slow: null };
    this.#known.set(c, asked);
    void this.#lookUp(c, asked);
    return true;
  }

  /** Its settings change, or may have: what is on its way from the store counts no longer. */
  forget(c: ConversationId): void {
    this.#known.delete(c);
  }

  async #lookUp(c: ConversationId, asked: Known): Promise<void> {
    try {
      asked.slow = ((await this.#store.settings(c))?.slow ?? 0) > 0;
    } catch {
      // Asked again with the next one. Until then it may be slow, which costs a commit and no more.
      if (this.#known.peek(c) === asked) this.#known.delete(c);
    }
  }
}
