import type { PresenceRow, UserId } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";

/** How long what the store says is doubted after it has failed, and how long an offline that is doubted has to last. */
const DOUBT_MS = 5_000;

/**
 * A store that has failed this node has failed others too: their leases may have run out meanwhile, and they put
 * their sessions anew within a second or two. Until then nobody is called offline who is not so for a while.
 */
export class Doubt {
  readonly #clock: Pick<Clock, "monotonic">;
  #failedAt = Number.NEGATIVE_INFINITY;
  /** Users found offline in doubt → since when, monotonic ms. */
  readonly #since = new Map<UserId, number>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** The store has failed. */
  arise(): void {
    this.#failedAt = this.#clock.monotonic();
  }

  /** Whether it is to be looked at again before it is told. `shown`: somebody was told that the user is here. */
  holds({ user, status }: PresenceRow, shown: boolean): boolean {
    const now = this.#clock.monotonic();
    const doubted = now - this.#failedAt < DOUBT_MS;
    if (!doubted && this.#since.size > 0) this.#forget(now);
    const since = this.#since.get(user) ?? (doubted ? now : Number.NEGATIVE_INFINITY);
    if (status === "offline" && shown && now - since < DOUBT_MS) {
      this.#since.set(user, since);
      return true;
    }
    this.#since.delete(user);
    return false;
  }

  /** Of those whom nobody looks at any more nothing stays. */
  #forget(now: number): void {
    for (const [user, since] of this.#since) if (now - since >= 2 * DOUBT_MS) this.#since.delete(user);
  }
}
