import {
  type Body,
  ChatError,
  type ConversationId,
  type Mentions,
  type MessageId,
  type UserId,
} from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock } from "../ports/clock.ts";
import type { DraftAppend, DraftRefusal, DraftStore, KeptRefusal } from "../ports/draft-store.ts";
import type { Logger } from "../ports/logger.ts";
import { frozen } from "./frozen.ts";
import type { NumberSurroundings } from "./number-drafts.ts";

/** A draft that was not appended when its transaction had committed. */
export interface RefusedDraft {
  readonly conversation: ConversationId;
  readonly user: UserId;
  readonly id: MessageId;
  readonly type: string;
  readonly body?: Body;
  readonly re?: number;
  readonly mentions?: Mentions;
}

/** Told why a draft was refused, for good. It counts as told when this resolves; where it throws or rejects it is told again. */
export type RefusedListener = (draft: RefusedDraft, error: ChatError) => unknown;

export interface RefusedDraftsSurroundings {
  readonly clock: Pick<Clock, "monotonic" | "now">;
  readonly logger: Logger;
  readonly limits: { readonly refusedDraftsAgainMs: number; readonly refusedDraftsKeptMs: number };
  readonly sequencer: NumberSurroundings["sequencer"];
  /** What who sends it would have been told. */
  refusalOf(refusal: DraftRefusal): ChatError;
}

/** Tells the host of drafts that were refused, each at least once: they are kept until a listener has taken them. */
export class RefusedDrafts {
  readonly #house: RefusedDraftsSurroundings;
  readonly #listeners = new Set<RefusedListener>();
  readonly #telling = new Set<Promise<void>>();
  /** Monotonic ms of the next look for what others have not told. */
  #lookAt = 0;

  constructor(house: RefusedDraftsSurroundings) {
    this.#house = house;
  }

  /** Adds a listener. Returns its undo. Throws `invalid`. */
  on(listener: RefusedListener): () => void {
    if (typeof listener !== "function") throw new ChatError("invalid", "unable to listen; it takes a function");
    const own: RefusedListener = (draft, error) => listener(draft, error);
    this.#listeners.add(own);
    this.#lookAt = 0;
    return () => void this.#listeners.delete(own);
  }

  /** Tells of what is refused, if somebody listens and `news` says that something is, or it is time to look. Rejects as the store does. */
  async tell(drafts: DraftStore, news: boolean): Promise<void> {
    const { clock, limits } = this.#house;
    const room = FIXED_LIMITS.refusedDraftsToldMax - this.#telling.size;
    if (this.#listeners.size === 0 || room <= 0 || (!news && clock.monotonic() < this.#lookAt)) return;
    const refused = await drafts.refused(room, limits.refusedDraftsAgainMs);
    // A full page: there may be more.
    this.#lookAt = refused.length < room ? clock.monotonic() + limits.refusedDraftsAgainMs / 2 : 0;
    for (const each of refused) {
      const telling = this.#tellOf(drafts, each).finally(() => this.#telling.delete(telling));
      this.#telling.add(telling);
    }
  }

  /** Never rejects: what was not told comes again. */
  async #tellOf(drafts: DraftStore, { mark, entry, refusal }: KeptRefusal): Promise<void> {
    const { logger, limits } = this.#house;
    const { conversation, user, key, type, body, re, mentions } = entry;
    const draft = frozen({
      ...{ conversation, user, id: key.id, type },
      ...(body === undefined ? {} : { body }),
      ...(re === undefined ? {} : { re }),
      ...(mentions === undefined ? {} : { mentions }),
    });
    try {
      if (!(await this.#isStored(entry))) {
        const error = this.#house.refusalOf(refusal);
        await Promise.all([...this.#listeners].map(async (listener) => listener(draft, error)));
      }
      await drafts.settle([mark], [], limits.refusedDraftsKeptMs);
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      logger.error({ c: conversation, name }, "unable to tell of a refused draft; it is told again");
    }
  }

  /** Another node may have had it when its sender still had the right to it, or has it again. */
  async #isStored(entry: DraftAppend): Promise<boolean> {
    const { clock, sequencer } = this.#house;
    const result = await sequencer.append({ ...entry, at: clock.now(), lookup: true }, null);
    return result.kind === "duplicate";
  }
}
