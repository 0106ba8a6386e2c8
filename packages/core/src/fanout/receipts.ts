import { type ConversationId, type GatewayFrame, LIMITS, type UserId } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Raised } from "../ports/message-store.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { Coalesce } from "./coalesce.ts";
import type { Signal, SignalRecipient } from "./signal.ts";
import type { HeldEvents, Subscriptions } from "./subscriptions.ts";

/** Receipts of one turn; more are told at once. */
const TURN_RECEIPTS_MAX = 10_000;

/** A member's watermarks. */
type Watermark = readonly [user: UserId, delivered: number, read: number];

interface Receipt {
  readonly c: ConversationId;
  readonly user: UserId;
  readonly delivered: number;
  readonly read: number;
  /** Whether others are told of one user. */
  readonly shared: boolean;
}

export interface ReceiptsSurroundings<S extends SignalRecipient> {
  readonly clock: Pick<Clock, "after" | "endOfTurn">;
  readonly subscriptions: Subscriptions<S, HeldEvents>;
  sessionsOf(user: UserId): Iterable<S>;
  encode(frame: GatewayFrame): EncodedFrames;
}

/**
 * Watermarks that rose → `receipt` frames: to the other subscribers where there are few members, and
 * to the user's own sessions always. What is told of a user in a conversation never falls on this node,
 * however reads and writes of the store overtook each other (I14).
 */
export class Receipts<S extends SignalRecipient> {
  readonly #house: ReceiptsSurroundings<S>;
  readonly #turn: Coalesce<Receipt>;

  constructor(house: ReceiptsSurroundings<S>) {
    this.#house = house;
    this.#turn = new Coalesce(house.clock, { everyMs: 0, keysMax: TURN_RECEIPTS_MAX }, (receipts) => {
      for (const receipt of receipts) this.#send(receipt);
    });
  }

  /** Tells of watermarks as they are stored now. */
  tell(c: ConversationId, user: UserId, { delivered, read, members }: Raised): void {
    const shared = members <= LIMITS.receiptMembersMax;
    const [, toldDelivered, toldRead] = this.#highest(c, [user, delivered, read], shared || this.#listens(c, user));
    this.#turn.put(`${c} ${user}`, { c, user, delivered: toldDelivered, read: toldRead, shared });
  }

  /** What `subscribed` may say of members, given what the store said: nothing below what was told already. */
  known(c: ConversationId, watermarks: readonly Watermark[]): readonly Watermark[] {
    return watermarks.map((watermark) => this.#highest(c, watermark, true));
  }

  /** Remembers, where anybody subscribed, and gives the highest that was ever told. */
  #highest(c: ConversationId, [user, delivered, read]: Watermark, remember: boolean): Watermark {
    const told = this.#house.subscriptions.of(c)?.told;
    const known = told?.get(user);
    if (known !== undefined) {
      known.delivered = Math.max(known.delivered, delivered);
      known.read = Math.max(known.read, read);
      return [user, known.delivered, known.read];
    }
    if (remember) told?.set(user, { delivered, read });
    return [user, delivered, read];
  }

  /** Whether one of the user's own sessions subscribed, or is about to. */
  #listens(c: ConversationId, user: UserId): boolean {
    const subscribed = this.#house.subscriptions.of(c)?.sessions;
    if (subscribed === undefined) return false;
    for (const session of this.#house.sessionsOf(user)) if (subscribed.has(session)) return true;
    return false;
  }

  #send({ c, user, delivered, read, shared }: Receipt): void {
    const frame = this.#house.encode({ t: "receipt", c, user, delivered, read });
    const signal: Signal = { c, key: `${c} ${user}`, frame };
    for (const session of this.#house.sessionsOf(user)) session.signal(signal);
    if (!shared) return;
    for (const { session, active } of this.#house.subscriptions.of(c)?.sessions.values() ?? []) {
      // Who is subscribing just now finds it in `subscribed`.
      if (active && session.user !== user) session.signal(signal);
    }
  }
}
