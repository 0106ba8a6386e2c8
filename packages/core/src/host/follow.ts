import { ChatError, type ConversationId, type Definition, isChatError, isId, type NodeId } from "@earshot/protocol";
import { HeldLease } from "../held-lease.ts";
import type { Clock } from "../ports/clock.ts";
import type { ChatEvent } from "../ports/hooks.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { FeedItem } from "../ports/pages.ts";
import type { Random } from "../ports/random.ts";
import { endable } from "./endable.ts";
import { againAfterMs, jittered } from "./pace.ts";
import { WakeUp } from "./wake-up.ts";

/** An event of any conversation, as its log has it now; or that a conversation was removed, for all. */
export type Followed<D extends Definition = Definition> =
  | ChatEvent<D>
  | { readonly conversation: ConversationId; readonly gone: true };

export interface FollowOptions {
  /** Under which the store keeps how far it got. An id; one node at a time follows under it. */
  readonly name: string;
  /** Where a name begins that was never seen before: with the first event of the store, or with what comes from now on. Default `start`. */
  readonly from?: "start" | "now";
}

export interface FollowSurroundings {
  readonly node: NodeId;
  readonly store: Pick<MessageStore, "feed" | "feedEnd" | "lease" | "position">;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly random: Random;
  readonly logger: Logger;
  readonly limits: {
    readonly followRowsMax: number;
    readonly followBytesMax: number;
    readonly followEveryMs: number;
    readonly followLeaseMs: number;
  };
}

/** What one follower needs to know of the others here. */
export interface FollowerPlace {
  /** Resolves when the engine has started, or was closed. */
  readonly opened: Promise<void>;
  /** The node is leaving: who has acknowledged what it was given is done. */
  readonly leaving: boolean;
  readonly closed: boolean;
  /** Whether no other of this node goes by the name before this one. */
  first(follower: Follower): boolean;
  left(follower: Follower): void;
}

/**
 * One reading of the store's feed, which goes on where its name left off. At least once: a batch counts as
 * taken when the next one is asked for, and the store keeps the position by comparing and swapping it, so
 * that of two nodes which both believe in their lease one begins again at the other's.
 */
export class Follower {
  readonly name: string;
  readonly #house: FollowSurroundings;
  readonly #place: FollowerPlace;
  readonly #from: "start" | "now";
  readonly #lease: HeldLease;
  readonly #news: WakeUp;
  /** As the store has it; undefined: it has to be read. */
  #stored: string | null | undefined;
  /** Where the next batch begins. */
  #after: string | null = null;
  /** The end of the batch that was given and is not acknowledged. */
  #given: string | null = null;
  /** The last try failed: what is news now does not make the next one come sooner. */
  #failing = false;
  #ended = false;

  constructor(house: FollowSurroundings, place: FollowerPlace, { name, from = "start" }: FollowOptions) {
    if (!isId(name)) throw new ChatError("invalid", "unable to follow; option name must be an id");
    if (from !== "start" && from !== "now")
      throw new ChatError("invalid", "unable to follow; option from must be start or now");
    this.name = name;
    this.#house = house;
    this.#place = place;
    this.#from = from;
    this.#lease = new HeldLease(house, this.#key, house.limits.followLeaseMs);
    this.#news = new WakeUp(house.clock);
  }

  batches(): AsyncIterableIterator<readonly Followed[], void, undefined> {
    return endable(this.#batches(), () => this.end());
  }

  /** Something was written. Who waits for the name alone is not concerned. */
  wake(): void {
    if (this.#lease.held && !this.#failing) this.#news.wake();
  }

  /** The one before has left, or the node is leaving. */
  takeTurn(): void {
    this.#news.wake();
  }

  /** Ends the iteration; the last batch stays unacknowledged. Resolves when the name is free. Never rejects. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#news.wake();
    this.#place.left(this);
    await this.#lease.giveUp();
  }

  get #key(): string {
    return `follow:${this.name}`;
  }

  async *#batches(): AsyncGenerator<readonly Followed[], void, undefined> {
    await this.#place.opened;
    for (let failures = 0; !this.#over; ) {
      let batch: readonly Followed[] | null = null;
      try {
        batch = await this.#next();
        failures = 0;
      } catch (error) {
        await this.#pause(++failures, error);
      }
      if (batch !== null && !this.#over) yield batch;
    }
  }

  get #over(): boolean {
    return this.#ended || this.#place.closed;
  }

  async #pause(failures: number, error: unknown): Promise<void> {
    if (this.#over) return;
    const code = isChatError(error) ? error.code : "internal";
    this.#house.logger.warn({ follower: this.name, code, failures }, "unable to follow; trying again");
    this.#failing = true;
    this.#news.looking();
    await this.#news.sleep(againAfterMs(failures, this.#house.random));
    this.#failing = false;
  }

  /** The next batch, null if there is none yet and some time has passed. */
  async #next(): Promise<readonly Followed[] | null> {
    const { store, limits } = this.#house;
    await this.#acknowledge();
    if (this.#place.leaving) {
      await this.end();
      return null;
    }
    if (!(await this.#hold())) return this.#wait();
    this.#news.looking();
    const page = await store.feed(this.#after, limits.followRowsMax, limits.followBytesMax);
    this.#after = page.mark;
    if (page.items.length > 0) {
      this.#given = page.mark;
      return page.items.map(followed);
    }
    return page.more ? null : this.#wait();
  }

  /** The batch before was taken. */
  async #acknowledge(): Promise<void> {
    const to = this.#given;
    if (to === null) return;
    // A repeat, after an answer that was lost, finds it moved already.
    const kept = await this.#house.store.position(this.#key, { from: this.#stored ?? null, to });
    this.#stored = kept === to ? to : undefined;
    this.#given = null;
  }

  /** Whether the name is this follower's now, and it is known where to go on. */
  async #hold(): Promise<boolean> {
    if (this.#over || !this.#place.first(this)) return false;
    if (this.#lease.held && this.#stored !== undefined) return true;
    if (!(await this.#lease.claim())) return false;
    this.#stored = await this.#position();
    this.#after = this.#stored;
    return !this.#over;
  }

  async #position(): Promise<string | null> {
    const { store } = this.#house;
    const kept = await store.position(this.#key);
    if (kept !== null || this.#from === "start") return kept;
    return store.position(this.#key, { from: null, to: await store.feedEnd() });
  }

  async #wait(): Promise<null> {
    const { limits, random } = this.#house;
    if (!this.#over) await this.#news.sleep(jittered(limits.followEveryMs, random));
    return null;
  }
}

function followed(item: FeedItem): Followed {
  if ("gone" in item) return item;
  const { conversation, epoch, row } = item;
  return { ...row, conversation, epoch };
}
