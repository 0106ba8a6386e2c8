import { ChatError, isChatError, type MessageId, type SendFrame, type SentFrame } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Asking } from "../ports/commands.ts";
import type { DraftAppend, DraftStore } from "../ports/draft-store.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Random } from "../ports/random.ts";
import { type NumberSurroundings, numberDrafts } from "./number-drafts.ts";
import { againAfterMs, jittered } from "./pace.ts";
import { RefusedDrafts, type RefusedDraftsSurroundings, type RefusedListener } from "./refused-drafts.ts";
import { WakeUp } from "./wake-up.ts";

type Asked = Omit<SendFrame, "t">;

export interface DraftsSurroundings extends Omit<NumberSurroundings, "stopped">, RefusedDraftsSurroundings {
  readonly store: Pick<MessageStore, "drafts">;
  readonly clock: Pick<Clock, "now" | "monotonic" | "after">;
  readonly random: Random;
  readonly limits: NumberSurroundings["limits"] &
    RefusedDraftsSurroundings["limits"] & { readonly draftsEveryMs: number; readonly draftsWaitingMax: number };
  readonly commands: {
    /** What a send would append, by everybody's leave; null: it is in the log already. */
    prepare(by: Asking, asked: Asked): Promise<DraftAppend | null>;
    /** What a send was answered; null: it is not in the log. Rejects with `conflict`. */
    sent(by: Asking, asked: Asked): Promise<SentFrame | null>;
  };
}

/** A message in a transaction of the host's. */
export interface StoredDraft {
  /** Its idempotency key: what `sent` and the event will carry. */
  readonly id: MessageId;
  /**
   * Numbers it now, after the transaction has committed, and resolves with its place; calling it is never needed. Rejects with
   * `not_found` if the transaction has not committed, or was rolled back; as the send was refused, if it was; with
   * `rate_limited` while slow mode holds it back, and `unavailable` as the store does: it is numbered later all the same.
   */
  sent(): Promise<Omit<SentFrame, "t" | "dup">>;
}

/** What is waited where a draft is held back, as long as nobody knows better. */
const HELD_RETRY_MS = 1_000;

/**
 * Messages that the host stores in its own transactions. Every node numbers what it finds committed: at a hint, as
 * soon as somebody asks for one, and every few seconds, so that what was committed while no node lived is found by the next.
 */
export class Drafts {
  readonly #house: DraftsSurroundings;
  readonly #refused: RefusedDrafts;
  readonly #news: WakeUp;
  /** Stored here since a walk found nothing left: nobody knows which of them will be committed. */
  #stored = 0;
  /** The last walk that was asked for, which never rejects. */
  #last: Promise<unknown> = Promise.resolve();
  /** A walk that has not begun. */
  #next: Promise<void> | null = null;
  #running: Promise<void> = Promise.resolve();
  #undo: () => void = () => {};
  #stopped = false;

  constructor(house: DraftsSurroundings) {
    this.#house = house;
    this.#refused = new RefusedDrafts(house);
    this.#news = new WakeUp(house.clock);
  }

  /** Adds a listener. Returns its undo. */
  onRefused(listener: RefusedListener): () => void {
    const undo = this.#refused.on(listener);
    this.#news.wake();
    return undo;
  }

  /**
   * Stores a send in the host's transaction. Rejects as `send` does, with `invalid` where the store takes none, or not in
   * this transaction, and with `unavailable` where too many wait.
   */
  async store(by: Asking, asked: Asked, tx: unknown): Promise<StoredDraft> {
    const drafts = this.#require();
    if (this.#stored >= this.#house.limits.draftsWaitingMax) {
      throw new ChatError("unavailable", "unable to store draft; too many wait to be numbered", {
        retryAfterMs: HELD_RETRY_MS,
      });
    }
    const entry = await this.#house.commands.prepare(by, asked);
    this.#stored += 1;
    const mark = entry === null ? null : await drafts.put(tx, entry);
    return Object.freeze({ id: asked.id, sent: () => this.#sent(by, asked, mark) });
  }

  /** The store is open. */
  start(): void {
    const { drafts } = this.#house.store;
    if (drafts === undefined) return;
    this.#undo = drafts.onCommit(() => this.#news.wake());
    this.#running = this.#run(drafts);
  }

  /** Resolves when the page in hand is settled. Never rejects. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#undo();
    this.#news.wake();
    await this.#running;
    await this.#last;
  }

  async #run(drafts: DraftStore): Promise<void> {
    const { limits, random, logger } = this.#house;
    for (let failures = 0; !this.#stopped; ) {
      this.#news.looking();
      try {
        await this.#walk(drafts);
        failures = 0;
      } catch (error) {
        failures++;
        const code = isChatError(error) ? error.code : "internal";
        if (!this.#stopped) logger.warn({ code, failures }, "unable to number drafts; trying again");
      }
      if (this.#stopped) return;
      await this.#news.sleep(failures > 0 ? againAfterMs(failures, random) : jittered(limits.draftsEveryMs, random));
    }
  }

  /** Once over all drafts, from now on; one walk after the other. */
  #walk(drafts: DraftStore): Promise<void> {
    this.#next ??= this.#begin(drafts);
    return this.#next;
  }

  #begin(drafts: DraftStore): Promise<void> {
    const walk = this.#last.then(async () => {
      this.#next = null;
      const stored = this.#stored;
      const { refused, held } = await numberDrafts({ ...this.#house, stopped: () => this.#stopped }, drafts);
      this.#stored -= Math.max(0, stored - held);
      if (refused > 0) this.#house.logger.warn({ refused }, "drafts were refused");
      if (!this.#stopped) await this.#refused.tell(drafts, refused > 0);
    });
    this.#last = walk.catch(() => {});
    return walk;
  }

  async #sent(by: Asking, asked: Asked, mark: string | null): Promise<Omit<SentFrame, "t" | "dup">> {
    const { commands, refusalOf } = this.#house;
    const drafts = this.#require();
    if (mark !== null) await this.#walk(drafts);
    const sent = await commands.sent(by, asked);
    if (sent !== null) {
      const { t: _t, dup: _dup, ...place } = sent;
      return place;
    }
    const found = mark === null ? null : await drafts.find(mark);
    if (found === null) {
      throw new ChatError("not_found", "unable to number draft; its transaction has not committed, or was rolled back");
    }
    if (found !== "waiting") throw refusalOf(found);
    throw new ChatError("rate_limited", "unable to number draft yet; this conversation is in slow mode", {
      retryAfterMs: HELD_RETRY_MS,
    });
  }

  #require(): DraftStore {
    const { drafts } = this.#house.store;
    if (drafts !== undefined) return drafts;
    throw new ChatError(
      "invalid",
      "unable to send in a transaction; this store shares none with its host: use postgresStore, or send after the commit",
    );
  }
}
