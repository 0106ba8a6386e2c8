import { type ConversationId, type Epoch, type GatewayFrame, LIMITS, type UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { ReceiptEnvelope, Said, Topic } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import type { Raised, Watermarks } from "../ports/watermarks.ts";
import { Coalesce } from "./coalesce.ts";
import type { Signal, SignalRecipient } from "./signal.ts";
import type { HeldEvents, Subscriptions, Told } from "./subscriptions.ts";

interface Receipt {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly user: UserId;
  readonly delivered: number;
  readonly read: number;
  readonly members: number;
}

export interface ReceiptsSurroundings<S extends SignalRecipient> {
  readonly clock: Pick<Clock, "after" | "endOfTurn">;
  readonly store: Pick<MessageStore, "receipts">;
  readonly logger: Logger;
  readonly limits: { readonly rememberedMax: number };
  readonly subscriptions: Subscriptions<S, HeldEvents>;
  sessionsOf(user: UserId): Iterable<S>;
  /** The life that a log is in as far as this node knows; null: not known, or in doubt. */
  life(c: ConversationId): Epoch | null;
  /** Somebody says that a log is in that life. */
  seen(c: ConversationId, epoch: Epoch): void;
  encode(frame: GatewayFrame): EncodedFrames;
  tellNodes(topics: readonly Topic[], said: Said): void;
  /** This node wrote watermarks of a conversation above the receipt limit. */
  risen(c: ConversationId): void;
}

/**
 * Watermarks that rose, by this node's writes or another's → `receipt` frames: to the other subscribers where there are
 * few members, and to the user's own sessions always. What this node wrote the other nodes are told, one envelope a
 * turn and conversation, or a user where they are many. What is told of a user in a conversation never falls on this
 * node, however reads and writes of the store, and words of other nodes, overtook each other (I14).
 */
export class Receipts<S extends SignalRecipient> {
  readonly #house: ReceiptsSurroundings<S>;
  /** What was told of users to their own sessions, by conversation and user. */
  readonly #own: LRUCache<string, Told & { readonly epoch: Epoch }>;
  #rereading: object | null = null;
  /** For sessions on this node. */
  readonly #here: Coalesce<Receipt>;
  /** For other nodes. */
  readonly #elsewhere: Coalesce<Receipt>;

  constructor(house: ReceiptsSurroundings<S>) {
    this.#house = house;
    this.#own = new LRUCache({ max: house.limits.rememberedMax });
    const turn = { everyMs: 0, keysMax: FIXED_LIMITS.receiptsPerTurnMax };
    this.#here = new Coalesce(house.clock, turn, (receipts) => {
      for (const receipt of receipts) this.#send(receipt);
    });
    this.#elsewhere = new Coalesce(house.clock, turn, (receipts) => this.#publish(receipts));
  }

  /** Tells of watermarks that this node wrote, as they are stored now. */
  tell(c: ConversationId, user: UserId, raised: Raised): void {
    const receipt = this.#take({ c, ...raised }, [user, raised.delivered, raised.read]);
    if (receipt === null) return;
    this.#elsewhere.put(`${c} ${user}`, receipt);
    if (!isShared(receipt)) this.#house.risen(c);
  }

  /** Another node tells of those that it wrote. */
  heard({ c, epoch, watermarks, members }: Omit<ReceiptEnvelope, "kind">): void {
    for (const watermark of watermarks) this.#take({ c, epoch, members }, watermark);
  }

  /** What `subscribed` may say of members, given what the store said: nothing below what was told already in this life of the log. */
  known(c: ConversationId, epoch: Epoch, watermarks: readonly Watermarks[]): readonly Watermarks[] {
    return watermarks.map((watermark) => this.#highest({ c, epoch }, watermark, true));
  }

  /**
   * Words of other nodes may have been lost: reads the conversations that somebody here subscribed to, one after the
   * other, and tells what has risen. Never rejects: what cannot be read now the next word tells.
   */
  async reread(): Promise<void> {
    const run = {};
    this.#rereading = run;
    for (const c of [...this.#house.subscriptions.conversations()]) {
      // Another one has begun meanwhile.
      if (this.#rereading !== run) return;
      await this.#tryReading(c);
    }
  }

  async #tryReading(c: ConversationId): Promise<void> {
    await this.#readAgain(c).catch(() => {
      this.#house.logger.warn({ c }, "unable to read receipts again; subscribers may be told late");
    });
  }

  async #readAgain(c: ConversationId): Promise<void> {
    const { subscriptions, store } = this.#house;
    const epoch = subscriptions.of(c)?.epoch;
    if (!epoch) return;
    const page = await store.receipts(c, 1, null, LIMITS.receiptMembersMax);
    const told = subscriptions.of(c)?.told;
    if (subscriptions.of(c)?.epoch !== epoch) return;
    // Of more members nobody is told by name.
    if (page === null || page.more || told === undefined) return;
    const risen = page.users.filter(([user, delivered, read]) => {
      const known = told.get(user);
      return known === undefined || known.delivered < delivered || known.read < read;
    });
    this.heard({ c, epoch, watermarks: risen, members: page.users.length });
  }

  /** The log has begun another life, with another count: nothing of what was told holds, and subscribers are told anew. */
  anew(c: ConversationId): void {
    for (const key of [...this.#own.keys()]) if (key.startsWith(`${c} `)) this.#own.delete(key);
    this.#house.subscriptions.of(c)?.told.clear();
    void this.#tryReading(c);
  }

  /** null: it is of another life of the log than what is told of. */
  #take({ c, epoch, members }: Pick<Receipt, "c" | "epoch" | "members">, watermark: Watermarks): Receipt | null {
    if (this.#isOver(c, epoch)) return null;
    const [user] = watermark;
    const [, delivered, read] = this.#highest({ c, epoch }, watermark, isShared({ members }));
    const receipt = { c, epoch, user, delivered, read, members };
    this.#here.put(`${c} ${user}`, receipt);
    return receipt;
  }

  #isOver(c: ConversationId, epoch: Epoch): boolean {
    const told = this.#house.subscriptions.of(c)?.epoch ?? null;
    const life = this.#house.life(c);
    if (life !== null && life !== epoch) this.#house.seen(c, epoch);
    return [told, life].some((known) => known !== null && known !== epoch);
  }

  /** The highest that was ever told of that life of the log, which is remembered of who is here, and of all that subscribers are told of. */
  #highest(
    { c, epoch }: Pick<Receipt, "c" | "epoch">,
    [user, delivered, read]: Watermarks,
    shared: boolean,
  ): Watermarks {
    const subscribed = this.#house.subscriptions.of(c);
    // The first who subscribes just now is told with the answer, whatever was read for that before this.
    if (shared && subscribed !== undefined) subscribed.epoch ??= epoch;
    const told = subscribed?.epoch === epoch ? subscribed.told : undefined;
    const own = this.#own.get(`${c} ${user}`);
    const known = told?.get(user) ?? (own?.epoch === epoch ? own : undefined);
    // One for both: there is one of these for each who is here.
    const highest = {
      delivered: Math.max(known?.delivered ?? 0, delivered),
      read: Math.max(known?.read ?? 0, read),
      epoch,
    };
    if (shared) told?.set(user, highest);
    for (const _ of this.#house.sessionsOf(user)) {
      this.#own.set(`${c} ${user}`, highest);
      break;
    }
    return [user, highest.delivered, highest.read];
  }

  #send(receipt: Receipt): void {
    const { c, user, delivered, read } = receipt;
    const frame = this.#house.encode({ t: "receipt", c, user, delivered, read });
    const signal: Signal = { c, key: `${c} ${user}`, frame };
    for (const session of this.#house.sessionsOf(user)) session.signal(signal);
    if (!isShared(receipt)) return;
    for (const { session, active } of this.#house.subscriptions.of(c)?.sessions.values() ?? []) {
      // Who is subscribing just now finds it in `subscribed`.
      if (active && session.user !== user) session.signal(signal);
    }
  }

  #publish(receipts: Iterable<Receipt>): void {
    const shared = new Map<ConversationId, Receipt[]>();
    for (const receipt of receipts) {
      const together = shared.get(receipt.c);
      if (!isShared(receipt)) this.#envelope([`u:${receipt.user}`], [receipt]);
      else if (together === undefined) shared.set(receipt.c, [receipt]);
      else together.push(receipt);
    }
    for (const [c, together] of shared) {
      this.#envelope([`c:${c}`, ...together.map(({ user }): Topic => `u:${user}`)], together);
    }
  }

  #envelope(topics: readonly Topic[], receipts: readonly Receipt[]): void {
    const last = receipts.at(-1);
    if (last === undefined) return;
    const { c, epoch, members } = last;
    const watermarks = receipts.map(({ user, delivered, read }) => [user, delivered, read] as const);
    this.#house.tellNodes(topics, { kind: "receipt", c, epoch, watermarks, members });
  }
}

/** Whether others are told of one user. */
function isShared({ members }: Pick<Receipt, "members">): boolean {
  return members <= LIMITS.receiptMembersMax;
}
