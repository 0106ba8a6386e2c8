import type { UserId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock, Timer } from "../ports/clock.ts";

/** How often some are looked at again, and in how many steps all of them. */
const STEP_MS = 1_000;
const STEPS = 10;

export interface RefreshSurroundings {
  readonly clock: Pick<Clock, "after">;
  /** Those who are watched, and how many. */
  readonly watched: { users(): Iterable<UserId>; readonly watched: number };
  /** Looks whether something is new with these. */
  look(users: readonly UserId[]): void;
}

/**
 * Looks at everybody who is watched once in 10 s, a thousand a second at most: a store may have told of a change
 * while this node could not hear, and of the last change of one who has gone nobody would ever tell again.
 */
export class Refresh {
  readonly #house: RefreshSurroundings;
  #round: Iterator<UserId> | null = null;
  #timer: Timer | null = null;

  constructor(house: RefreshSurroundings) {
    this.#house = house;
  }

  /** Somebody is watched. */
  start(): void {
    this.#timer ??= this.#house.clock.after(STEP_MS, () => this.#step());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#round = null;
  }

  #step(): void {
    this.#timer = null;
    const { watched, look } = this.#house;
    if (watched.watched === 0) {
      this.#round = null;
      return;
    }
    this.start();
    const count = Math.min(FIXED_LIMITS.refreshedUsersMax, Math.ceil(watched.watched / STEPS));
    const users: UserId[] = [];
    this.#round ??= watched.users()[Symbol.iterator]();
    for (let next = this.#round.next(); ; next = this.#round.next()) {
      if (next.done === true) {
        this.#round = null;
        break;
      }
      users.push(next.value);
      if (users.length === count) break;
    }
    look(users);
  }
}
