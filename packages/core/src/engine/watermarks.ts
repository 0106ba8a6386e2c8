import { ChatError, type ConversationId, type Epoch, isChatError, LIMITS, type UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Raise, Raised } from "../ports/watermarks.ts";
import { type HeldWatermark, HeldWatermarks } from "./held-watermarks.ts";

export interface WatermarksSurroundings {
  readonly store: Pick<MessageStore, "raise" | "put">;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly logger: Logger;
  readonly limits: {
    readonly watermarksHeldMax: number;
    readonly watermarksHeldPerUserMax: number;
    readonly rememberedMax: number;
  };
  /** The life that a log is in as far as this node knows: what users say that they have is of that. null: not known, or in doubt. */
  life(c: ConversationId): Epoch | null;
  /** Told of what is stored now, after it is: in one order for all. Must not throw. */
  raised(c: ConversationId, user: UserId, raised: Raised): void;
}

/** Longest that a `read` is held back. */
const READ_WITHIN_MS = 200;
/** Time between two writes of one member's `delivered`. */
const DELIVERED_APART_MS = 2_000;
/** The same above `LIMITS.receiptMembersMax` members. */
const DELIVERED_APART_LARGE_MS = 30_000;
/** Wait before what could not be written is tried again. */
const AGAIN_MS = 1_000;

/**
 * Watermarks on their way to the store: held back, merged, and written in batches, one batch after the
 * other. What could not be written stays and is tried again; what a crash forgets the next `have`
 * restores. One timer for all, and none while nothing is held.
 */
export class Watermarks {
  readonly #house: WatermarksSurroundings;
  readonly #held: HeldWatermarks;
  /** Conversations known to be above the receipt limit. */
  readonly #large: LRUCache<ConversationId, true>;
  #timer: { readonly at: number; readonly timer: Timer } | null = null;
  #work: Promise<unknown> = Promise.resolve();
  /** Whose watermarks are with the store just now. */
  #writing: ReadonlySet<UserId> = new Set();
  /** The last write failed: what is held is tried again by the timer alone. */
  #failing = false;
  /** Numbers what is asked for, so that a mark knows which `read` came before it. */
  #asked = 0;
  #closed = false;

  constructor(house: WatermarksSurroundings) {
    this.#house = house;
    const { watermarksHeldMax, watermarksHeldPerUserMax } = house.limits;
    this.#held = new HeldWatermarks(2 * watermarksHeldMax, watermarksHeldPerUserMax);
    this.#large = new LRUCache({ max: house.limits.rememberedMax });
  }

  /** Members' watermarks held back, or being written. */
  get size(): number {
    return this.#held.size;
  }

  /** How many members a conversation has: above the receipt limit `delivered` is written less often. */
  members(c: ConversationId, count: number): void {
    if (count > LIMITS.receiptMembersMax) this.#large.set(c, true);
    else this.#large.delete(c);
  }

  /** Whether it is known to be above the receipt limit: others are not told one by one. */
  large(c: ConversationId): boolean {
    return this.#large.has(c);
  }

  /** The user's application has everything up to `seq` of a life of the log, else of the one known. Where there is no room it is forgotten. */
  delivered(user: UserId, c: ConversationId, seq: number, epoch?: Epoch): void {
    const held = this.#hold(user, c, epoch);
    if (held === null) return;
    held.delivered = Math.max(held.delivered, seq);
    this.#due(held, this.#large.has(c) ? DELIVERED_APART_LARGE_MS : DELIVERED_APART_MS);
  }

  /** The user's own send, which has raised their watermarks in the store: whoever is to hear of it does soon. */
  sent(user: UserId, c: ConversationId, { epoch, seq }: { readonly epoch: Epoch; readonly seq: number }): void {
    const held = this.#hold(user, c, epoch);
    if (held === null) return;
    held.delivered = Math.max(held.delivered, seq);
    held.announce = true;
    this.#due(held, READ_WITHIN_MS);
  }

  /**
   * The user has read up to `seq`, or to the head if that is less. Resolves when it is written. Rejects
   * with `not_found`, `closed`, or `unavailable`: it is tried again then, unless too much is held.
   */
  read(user: UserId, c: ConversationId, seq: number): Promise<void> {
    const held = this.#hold(user, c);
    if (held === null) return Promise.reject(this.#closed ? closed() : unavailable("too many wait for the store"));
    held.read = Math.max(held.read ?? 0, seq);
    held.readAsked = ++this.#asked;
    this.#due(held, READ_WITHIN_MS);
    return new Promise((resolve, reject) => held.waiters.push({ resolve, reject }));
  }

  /**
   * Changes a member's private state, behind every `read` that was asked for before: the mark and what
   * clears it stay in order. false: the user is no member. Rejects as the store does.
   */
  put(
    user: UserId,
    c: ConversationId,
    state: { readonly mute?: boolean | number; readonly marked?: boolean },
  ): Promise<boolean> {
    const asked = ++this.#asked;
    const before = (): HeldWatermark | undefined => {
      const held = this.#held.get(user, c);
      return held?.read !== undefined && held.readAsked < asked ? held : undefined;
    };
    return this.#behind(async () => {
      const held = before();
      if (held !== undefined) {
        this.#held.due(held, 0, this.#now);
        await this.#writeDue();
        if (before() !== undefined) throw unavailable("what was read before could not be written");
      }
      return this.#house.store.put(user, c, state);
    });
  }

  /** Writes what is held of a user, or of all. Resolves when that was tried; what failed is kept. Never rejects. */
  async flush(user?: UserId): Promise<void> {
    const all = [...this.#held.of(user)];
    if (user !== undefined && all.length === 0 && !this.#writing.has(user)) return;
    for (const held of all) this.#held.due(held, 0, this.#now);
    await this.#behind(() => this.#writeDue());
  }

  /** Tries once more to write all, gives up what cannot be, and takes no more. */
  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    this.#timer?.timer.cancel();
    this.#timer = null;
    for (const held of [...this.#held.of()]) this.#giveUp(held);
  }

  get #now(): number {
    return this.#house.clock.monotonic();
  }

  /** What is held of a member, empty if nothing was. null: no more may be. */
  #hold(user: UserId, c: ConversationId, epoch = this.#house.life(c)): HeldWatermark | null {
    if (this.#closed) return null;
    const held = this.#held.hold(user, c, epoch);
    const many = this.#held.size >= this.#house.limits.watermarksHeldMax;
    if (many && !this.#failing && !this.#held.isDue(this.#now)) void this.flush();
    return held;
  }

  #due(held: HeldWatermark, withinMs: number): void {
    this.#held.due(held, withinMs, this.#now);
    this.#arm();
  }

  /** Sets the timer to what is due first. */
  #arm(): void {
    const at = this.#held.dueAt;
    if (at === null || this.#closed || (this.#timer !== null && this.#timer.at <= at)) return;
    this.#timer?.timer.cancel();
    const timer = this.#house.clock.after(at - this.#now, () => {
      this.#timer = null;
      void this.#behind(() => this.#writeDue());
    });
    this.#timer = { at, timer };
  }

  /** Runs work when everything before it has ended, well or not. */
  #behind<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }

  /** Writes what is due, batch after batch, until nothing is or a batch fails. */
  async #writeDue(): Promise<void> {
    for (;;) {
      const batch = this.#held.take(this.#now, FIXED_LIMITS.watermarksPerWriteMax);
      if (batch.length === 0) break;
      this.#writing = new Set(batch.map(({ user }) => user));
      try {
        const results = await this.#house.store.raise(batch.map(raiseOf));
        this.#failing = false;
        for (const [index, held] of batch.entries()) this.#settle(held, results[index] ?? null);
      } catch (error) {
        this.#failing = true;
        this.#failed(batch, error);
        break;
      }
    }
    this.#writing = new Set();
    this.#arm();
  }

  #settle(held: HeldWatermark, raised: Raised | null): void {
    const { c, user, waiters } = held;
    this.#held.settled();
    for (const { resolve, reject } of waiters) {
      if (raised === null) reject(new ChatError("not_found", "unable to mark as read; no such conversation"));
      else resolve();
    }
    if (raised === null) return;
    this.members(c, raised.members);
    if (raised.rose || held.announce) this.#house.raised(c, user, raised);
  }

  #failed(batch: readonly HeldWatermark[], error: unknown): void {
    if (this.#closed || (isChatError(error) && error.code === "closed")) {
      for (const held of batch) {
        this.#held.settled();
        for (const { reject } of held.waiters) reject(closed());
      }
      return;
    }
    this.#house.logger.warn({ watermarks: batch.length }, "unable to write watermarks; trying again");
    for (const held of batch) {
      for (const { reject } of held.waiters.splice(0)) reject(unavailable("the store did not answer"));
      // It may be stored all the same, and then the next try would not see it rise.
      held.announce = true;
      this.#held.restore(held, AGAIN_MS, this.#now);
    }
  }

  #giveUp(held: HeldWatermark): void {
    this.#held.forget(held);
    for (const { reject } of held.waiters) reject(closed());
  }
}

function raiseOf({ user, c, epoch, delivered, read }: HeldWatermark): Raise {
  return {
    user,
    conversation: c,
    ...(epoch === null ? {} : { epoch }),
    ...(delivered > 0 ? { delivered } : {}),
    ...(read === undefined ? {} : { read }),
  };
}

function unavailable(why: string): ChatError {
  return new ChatError("unavailable", `unable to mark conversation; ${why}`, { retryAfterMs: AGAIN_MS });
}

function closed(): ChatError {
  return new ChatError("closed", "unable to mark conversation; the engine is closed");
}
