import type { UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import { RateLimit } from "./rate-limit.ts";

export interface UserCostLimits {
  readonly rowsPerSecondPerUserMax: number;
  readonly rowsBurstPerUserMax: number;
  readonly rememberedMax: number;
}

/**
 * What each user costs this node, in rows, over all sessions and HTTP (S45, S47, S56). What a page holds
 * is only known once it was read, so it is charged then and may leave a debt, which is at most what was
 * asked for at once. Remembers a bounded number of users; one forgotten has the whole burst again.
 * Times are monotonic ms.
 */
export class UserCosts {
  readonly #limits: UserCostLimits;
  readonly #users: LRUCache<UserId, RateLimit>;

  constructor(limits: UserCostLimits) {
    this.#limits = limits;
    this.#users = new LRUCache({ max: limits.rememberedMax });
  }

  /** Charges a request, if there is something left: 0. Else ms to wait before it is made again. */
  ask(user: UserId, rows: number, now: number): number {
    const bucket = this.#of(user, now);
    const wait = bucket.wait(now);
    if (wait === 0) bucket.take(rows);
    return wait;
  }

  /** Charges what was read for a request that passed. */
  charge(user: UserId, rows: number, now: number): void {
    if (rows > 0) this.#of(user, now).take(rows);
  }

  #of(user: UserId, now: number): RateLimit {
    let bucket = this.#users.get(user);
    if (bucket === undefined) {
      bucket = new RateLimit(this.#limits.rowsPerSecondPerUserMax, this.#limits.rowsBurstPerUserMax, now);
      this.#users.set(user, bucket);
    }
    return bucket;
  }
}
