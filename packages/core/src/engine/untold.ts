import { type ConversationId, type Epoch, type EventRow, isChatError } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";

export interface UntoldSurroundings {
  readonly store: Pick<MessageStore, "range">;
  readonly logger: Logger;
  readonly limits: { readonly rememberedMax: number };
  /** Told of the newest events of a conversation, some of which may have been told before. Must not throw. */
  found(c: ConversationId, epoch: Epoch, rows: readonly EventRow[]): void;
}

/**
 * Conversations in which something may be stored that nobody was told of, since the answer of the store was
 * lost (trap 8). Their newest events are read and told, or the last of a conversation would stay unheard until
 * the next, and a removal as well (I9, I17). Bounded; beyond the bound it is the next event that tells.
 */
export class Untold {
  readonly #house: UntoldSurroundings;
  /** By conversation the moment, Unix ms, from which its events may be untold. */
  readonly #since = new Map<ConversationId, number>();

  constructor(house: UntoldSurroundings) {
    this.#house = house;
  }

  /** Conversations that are still to be looked at. */
  get size(): number {
    return this.#since.size;
  }

  /** `since`: the `at` of what may have been stored. */
  add(c: ConversationId, since: number): void {
    const known = this.#since.get(c);
    if (known === undefined && this.#since.size >= this.#house.limits.rememberedMax) return;
    this.#since.set(c, Math.min(known ?? since, since));
  }

  /** Looks at each, once; what could not be read stays. Never rejects. */
  async look(): Promise<void> {
    for (const [c, since] of [...this.#since]) {
      this.#since.delete(c);
      try {
        await this.#lookAt(c, since);
      } catch (error) {
        if (isChatError(error) && error.code === "closed") return this.#since.clear();
        this.#house.logger.warn({ c }, "unable to read what may be untold; trying again");
        return this.add(c, since);
      }
    }
  }

  async #lookAt(c: ConversationId, since: number): Promise<void> {
    const page = await this.#house.store.range({
      conversation: c,
      view: "log",
      from: "newest",
      rows: FIXED_LIMITS.untoldRowsMax,
      bytes: FIXED_LIMITS.untoldBytesMax,
    });
    const first = page?.rows.findIndex(({ at }) => at >= since) ?? -1;
    if (page !== null && first >= 0) this.#house.found(c, page.epoch, page.rows.slice(first));
  }
}
