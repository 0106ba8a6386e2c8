import type { ConversationId, UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import { RateLimit } from "./rate-limit.ts";

export interface SendRateLimits {
  readonly sendsPerSecondMax: number;
  readonly sendsPerSecondPerUserMax: number;
  readonly sendsPerSecondPerConversationMax: number;
  readonly sendBurstSeconds: number;
  readonly rememberedMax: number;
}

/**
 * Shortest wait told to a client that sends too fast, in ms: room for more than one send, or it would
 * come back with all that wait behind the first for every single one that passes.
 */
const RETRY_MIN_MS = 200;

/**
 * How often sends may come on this node: of one connection, one user, one conversation (I23).
 * Remembers a bounded number of users and conversations; one forgotten has its whole burst again,
 * as it would have had by staying quiet.
 */
export class SendRates {
  readonly #limits: SendRateLimits;
  readonly #users: LRUCache<UserId, RateLimit>;
  readonly #conversations: LRUCache<ConversationId, RateLimit>;

  constructor(limits: SendRateLimits) {
    this.#limits = limits;
    this.#users = new LRUCache({ max: limits.rememberedMax });
    this.#conversations = new LRUCache({ max: limits.rememberedMax });
  }

  /** A bucket for one connection. */
  connection(now: number): RateLimit {
    return this.#limit(this.#limits.sendsPerSecondMax, now);
  }

  /**
   * Takes one send from every bucket, or from none: ms to wait before it is sent again, 0 if it passed.
   * A conversation is only charged for users that got past their own bounds.
   */
  take(connection: RateLimit | null, user: UserId, c: ConversationId, now: number): number {
    const ofUser = this.#of(this.#users, user, this.#limits.sendsPerSecondPerUserMax, now);
    const ofAll = this.#of(this.#conversations, c, this.#limits.sendsPerSecondPerConversationMax, now);
    const wait = Math.max(connection?.wait(now) ?? 0, ofUser.wait(now), ofAll.wait(now));
    if (wait > 0) return Math.max(wait, RETRY_MIN_MS);
    connection?.take();
    ofUser.take();
    ofAll.take();
    return 0;
  }

  #of(known: LRUCache<string, RateLimit>, key: string, perSecond: number, now: number): RateLimit {
    let bucket = known.get(key);
    if (bucket === undefined) {
      bucket = this.#limit(perSecond, now);
      known.set(key, bucket);
    }
    return bucket;
  }

  #limit(perSecond: number, now: number): RateLimit {
    return new RateLimit(perSecond, perSecond * this.#limits.sendBurstSeconds, now);
  }
}
