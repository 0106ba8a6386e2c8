import type { ConversationId, EventRow, MetaBody, Mode } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { MessageStore } from "../ports/message-store.ts";

export interface ModesSurroundings {
  readonly store: Pick<MessageStore, "settings">;
  readonly limits: { readonly rememberedMax: number };
}

/**
 * How each conversation's events travel: remembered from its creation and from rights that were read,
 * else read from the store, once. Never from a member list. Also remembers what was removed for all.
 */
export class Modes {
  readonly #house: ModesSurroundings;
  readonly #known: LRUCache<ConversationId, Mode | "gone">;

  constructor(house: ModesSurroundings) {
    this.#house = house;
    this.#known = new LRUCache({ max: house.limits.rememberedMax });
  }

  /** The mode with which these events go out, if it is known. `gone`: nobody may have them any longer. */
  of(c: ConversationId, rows: readonly EventRow[]): Mode | "gone" | undefined {
    const known = this.#known.get(c);
    if (known !== undefined) return known;
    const mode = createdAs(rows[0]);
    if (mode !== undefined) this.#known.set(c, mode);
    return mode;
  }

  learn(c: ConversationId, mode: Mode): void {
    if (this.#known.get(c) !== "gone") this.#known.set(c, mode);
  }

  /** The conversation was removed: its id is never used again, and what of it is still on its way is for nobody. */
  gone(c: ConversationId): void {
    this.#known.set(c, "gone");
  }

  /** Reads it. Rejects as the store does. */
  async read(c: ConversationId): Promise<Mode | "gone"> {
    const settings = await this.#house.store.settings(c);
    const mode = this.#known.get(c) ?? settings?.mode ?? "gone";
    this.#known.set(c, mode);
    return mode;
  }
}

function createdAs(row: EventRow | undefined): Mode | undefined {
  return row?.seq === 1 && row.type === "meta" ? (row.body as MetaBody | undefined)?.mode : undefined;
}
