import { type ConversationId, type GatewayFrame, isChatError, LIMITS } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Said, TallyEnvelope, Topic } from "../ports/bus.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { ConversationSettings } from "../ports/conversation-settings.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Random } from "../ports/random.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { Coalesce } from "./coalesce.ts";
import type { Signal, SignalRecipient } from "./signal.ts";
import type { HeldEvents, Subscriptions } from "./subscriptions.ts";
import { type Counting, dueAt, sameTally, type TallyCount } from "./tally-count.ts";

/** A name that one node has at a time. */
export interface TallyLease {
  /** Whether it is surely this node's. */
  readonly held: boolean;
  /** Asks for it; once had, it is renewed by itself. Rejects as the store does. */
  claim(): Promise<boolean>;
  /** Never rejects. */
  giveUp(): Promise<void>;
}

export interface TalliesSurroundings<S extends SignalRecipient> {
  readonly store: Pick<MessageStore, "settings" | "tally">;
  readonly clock: Pick<Clock, "after" | "endOfTurn" | "monotonic">;
  readonly random: Pick<Random, "float">;
  readonly logger: Logger;
  readonly limits: {
    readonly tallyEveryMs: number;
    readonly tallyAnywayMs: number;
    readonly tallyMessagesMax: number;
    readonly talliesMax: number;
  };
  readonly subscriptions: Subscriptions<S, HeldEvents>;
  lease(name: string): TallyLease;
  /** Members who are online, on whatever node. Rejects as the store does. */
  online(c: ConversationId, asOf: Pick<ConversationSettings, "members" | "epoch" | "membersVersion">): Promise<number>;
  encode(frame: GatewayFrame): EncodedFrames;
  tellNodes(topics: readonly Topic[], said: Said): void;
}

/** A conversation above the receipt limit that somebody here subscribed to. */
interface Tallied {
  readonly c: ConversationId;
  readonly lease: TallyLease;
  /** What its subscribers here were told last. */
  told: TallyCount | null;
  triedAt: number;
  countedAt: number;
  publishedAt: number;
  news: boolean;
  working: boolean;
  timer: { readonly at: number; readonly timer: Timer } | null;
}

const NEVER = Number.NEGATIVE_INFINITY;

/**
 * Receipts of conversations that have too many members to name them: of the nodes with a subscriber one counts, by a
 * lease, once a second while watermarks rise and now and then anyway, and tells all of them, as long as it changes.
 * Whatever word is lost only delays: the count itself is the store's.
 */
export class Tallies<S extends SignalRecipient> {
  readonly #house: TalliesSurroundings<S>;
  readonly #tallied = new Map<ConversationId, Tallied>();
  /** Until they are given up, so that a node that looks away and back asks in order. */
  readonly #leases = new Map<ConversationId, TallyLease>();
  /** What other nodes are to be told that it rose. */
  readonly #raised: Coalesce<ConversationId>;
  #state: "open" | "leaving" | "closed" = "open";

  constructor(house: TalliesSurroundings<S>) {
    this.#house = house;
    this.#raised = new Coalesce(house.clock, { everyMs: 0, keysMax: FIXED_LIMITS.talliedPerTurnMax }, (all) => {
      for (const c of all) house.tellNodes([`c:${c}`], { kind: "raised", c });
    });
  }

  /** Conversations whose count somebody here is told. */
  get size(): number {
    return this.#tallied.size;
  }

  /** A session has subscribed to a conversation of so many members: is told what is known. */
  subscribed(session: S, c: ConversationId, members: number): void {
    if (members <= LIMITS.receiptMembersMax) return;
    const told = this.#look(c)?.told;
    if (told) session.signal(this.#signal(c, told));
  }

  /** Nobody here subscribes to it any longer. */
  ended(c: ConversationId): void {
    const tallied = this.#tallied.get(c);
    if (tallied !== undefined) void this.#stop(tallied);
  }

  /** This node wrote watermarks of a conversation above the receipt limit: who counts it has to hear of it. */
  risen(c: ConversationId): void {
    this.raised(c);
    if (!this.#tallied.get(c)?.lease.held) this.#raised.put(c, c);
  }

  /** Watermarks of a conversation above the receipt limit have risen, here or elsewhere. */
  raised(c: ConversationId): void {
    if (this.#house.subscriptions.of(c) !== undefined) this.#look(c);
    this.changed(c);
  }

  /** Something happened in a conversation: if it is counted here, it may count otherwise now. */
  changed(c: ConversationId): void {
    const tallied = this.#tallied.get(c);
    if (tallied === undefined || tallied.news) return;
    tallied.news = true;
    this.#arm(tallied);
  }

  /** Another life of its log has begun: what was told is of other messages. */
  anew(c: ConversationId): void {
    const tallied = this.#tallied.get(c);
    if (tallied !== undefined) tallied.told = null;
    this.changed(c);
  }

  /** Who counts it tells. */
  heard({ c, tally, online }: Omit<TallyEnvelope, "kind">): void {
    if (this.#house.subscriptions.of(c) === undefined) return;
    const tallied = this.#look(c);
    if (tallied !== null) this.#tell(tallied, { tally, online });
  }

  /** The node is leaving: others count from now on. Resolves when they may. */
  async leave(): Promise<void> {
    if (this.#state === "open") this.#state = "leaving";
    for (const tallied of this.#tallied.values()) this.#disarm(tallied);
    await Promise.all([...this.#leases.values()].map((lease) => lease.giveUp()));
  }

  /** Counts nothing, and tells nobody anything, any longer. */
  async close(): Promise<void> {
    this.#state = "closed";
    this.#raised.stop();
    await this.leave();
    this.#tallied.clear();
    this.#leases.clear();
  }

  /** What is known of a conversation that somebody here looks at; begins to look. null: too many are looked at. */
  #look(c: ConversationId): Tallied | null {
    const known = this.#tallied.get(c);
    if (known !== undefined) return known;
    if (this.#state === "closed" || this.#tallied.size >= this.#house.limits.talliesMax) return null;
    const lease = this.#leases.get(c) ?? this.#house.lease(`tally/${c}`);
    this.#leases.set(c, lease);
    const never = { triedAt: NEVER, countedAt: NEVER, publishedAt: NEVER, timer: null };
    const tallied: Tallied = { c, lease, told: null, news: true, working: false, ...never };
    this.#tallied.set(c, tallied);
    this.#arm(tallied);
    return tallied;
  }

  async #stop(tallied: Tallied): Promise<void> {
    const { c, lease } = tallied;
    this.#tallied.delete(c);
    this.#disarm(tallied);
    await lease.giveUp();
    if (!this.#tallied.has(c) && this.#leases.get(c) === lease) this.#leases.delete(c);
  }

  #stands(tallied: Tallied): boolean {
    return this.#tallied.get(tallied.c) === tallied;
  }

  // ---- its time

  #arm(tallied: Tallied): void {
    if (this.#state !== "open" || tallied.working || !this.#stands(tallied)) return;
    const { clock, random, limits } = this.#house;
    const { triedAt, countedAt, news, lease } = tallied;
    const counting: Counting = { held: lease.held, triedAt, countedAt, news };
    const at = dueAt(counting, limits, random.float());
    if (tallied.timer !== null && tallied.timer.at <= at) return;
    this.#disarm(tallied);
    const timer = clock.after(at === NEVER ? 0 : Math.max(0, at - clock.monotonic()), () => {
      tallied.timer = null;
      void this.#work(tallied);
    });
    tallied.timer = { at, timer };
  }

  #disarm(tallied: Tallied): void {
    tallied.timer?.timer.cancel();
    tallied.timer = null;
  }

  async #work(tallied: Tallied): Promise<void> {
    const { clock, logger } = this.#house;
    const { c, lease } = tallied;
    tallied.working = true;
    try {
      if (!lease.held) {
        tallied.triedAt = clock.monotonic();
        await lease.claim();
      }
      if (lease.held && this.#stands(tallied)) await this.#count(tallied);
    } catch (error) {
      if (isChatError(error) && error.code === "closed") return;
      logger.warn({ c }, "unable to count receipts; trying again");
      tallied.news = true;
    } finally {
      tallied.working = false;
    }
    this.#arm(tallied);
  }

  async #count(tallied: Tallied): Promise<void> {
    const { store, clock, limits, online, tellNodes } = this.#house;
    const { c } = tallied;
    tallied.news = false;
    tallied.countedAt = clock.monotonic();
    const settings = await store.settings(c);
    const small = settings === null || settings.members <= LIMITS.receiptMembersMax;
    const rows = small ? null : await store.tally(c, limits.tallyMessagesMax);
    if (settings === null || rows === null) {
      if (this.#stands(tallied)) await this.#stop(tallied);
      return;
    }
    const count: TallyCount = { tally: rows.toReversed(), online: await online(c, settings) };
    if (!this.#stands(tallied)) return;
    const changed = tallied.told === null || !sameTally(tallied.told, count);
    // Also for who has come meanwhile on another node, or has missed one.
    if (changed || tallied.countedAt - tallied.publishedAt >= limits.tallyAnywayMs) {
      tallied.publishedAt = tallied.countedAt;
      tellNodes([`c:${c}`], { kind: "tally", c, ...count });
    }
    this.#tell(tallied, count);
  }

  /** Tells the subscribers here, if it is news. */
  #tell(tallied: Tallied, count: TallyCount): void {
    if (tallied.told !== null && sameTally(tallied.told, count)) return;
    tallied.told = count;
    const signal = this.#signal(tallied.c, count);
    for (const { session, active } of this.#house.subscriptions.of(tallied.c)?.sessions.values() ?? []) {
      // Who is subscribing just now is told behind `subscribed`.
      if (active) session.signal(signal);
    }
  }

  #signal(c: ConversationId, { tally, online }: TallyCount): Signal {
    // Of users' receipts the key has a user behind the space.
    return { c, key: `${c} `, frame: this.#house.encode({ t: "tally", c, tally, online }) };
  }
}
