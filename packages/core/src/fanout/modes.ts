import type { ConversationId, Epoch, Mode } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { MessageStore } from "../ports/message-store.ts";

export interface ModesSurroundings {
  readonly store: Pick<MessageStore, "settings">;
  readonly limits: { readonly rememberedMax: number };
}

/** A place in a conversation's log. */
export interface LogPlace {
  readonly epoch: Epoch;
  readonly head: number;
}

interface Known extends LogPlace {
  readonly mode: Mode;
}

/**
 * How each conversation's events travel, and as of which seq: remembered from the events themselves and from rights
 * that were read, else read from the store. Never from a member list. What is known of a later seq may be used for an
 * earlier one: the switch between them is still to come here, and goes both ways. What is known of an earlier one may
 * not, since the switch may have been missed. Also remembers what was removed for all.
 */
export class Modes {
  readonly #house: ModesSurroundings;
  readonly #known: LRUCache<ConversationId, Known | "gone">;

  constructor(house: ModesSurroundings) {
    this.#house = house;
    this.#known = new LRUCache({ max: house.limits.rememberedMax });
  }

  /** The mode in which events from seq `first` on go out, if it is known. */
  of(c: ConversationId, epoch: Epoch, first: number): Mode | undefined {
    const known = this.#known.get(c);
    if (known === undefined || known === "gone" || known.epoch !== epoch) return undefined;
    return known.head >= first - 1 ? known.mode : undefined;
  }

  /** It was removed for all: nobody may have any of it any longer. */
  isGone(c: ConversationId): boolean {
    return this.#known.get(c) === "gone";
  }

  /** The mode behind the event `head`. */
  learn(c: ConversationId, mode: Mode, { epoch, head }: LogPlace): void {
    const known = this.#known.get(c);
    if (known === "gone") return;
    // Fifty members come back to one conversation, and are told the same.
    if (known?.epoch === epoch && (known.head > head || (known.head === head && known.mode === mode))) return;
    this.#known.set(c, { mode, epoch, head });
  }

  /** The conversation was removed: its id is never used again, and what of it is still on its way is for nobody. */
  gone(c: ConversationId): void {
    this.#known.set(c, "gone");
  }

  /** Another life of the log began: what was known of the one before is void. */
  anew(c: ConversationId): void {
    this.#known.delete(c);
  }

  /** The store was put back: nothing that is known holds. */
  clear(): void {
    this.#known.clear();
  }

  /** Reads it, for events up to `head`; "over": the log has begun another life. Rejects as the store does. */
  async read(c: ConversationId, place: LogPlace): Promise<Mode | "gone" | "over"> {
    const settings = await this.#house.store.settings(c);
    if (settings === null) this.gone(c);
    else if (settings.epoch === place.epoch) this.learn(c, settings.mode, place);
    if (settings === null || this.isGone(c)) return "gone";
    return settings.epoch === place.epoch ? settings.mode : "over";
  }
}
