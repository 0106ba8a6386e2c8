import type { NodeId } from "@earshot/protocol";
import type { Bus, Publication, Said, Topic } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";

export interface AnnouncementsSurroundings {
  readonly node: NodeId;
  /** null: a cluster of one. */
  readonly bus: Pick<Bus, "publish"> | null;
  readonly clock: Pick<Clock, "endOfTurn">;
  readonly random: Pick<Random, "float">;
  readonly logger: Logger;
  readonly limits: { readonly announcementsMax: number };
}

/** Where a run of a node begins to number its envelopes: far from where an earlier one of its name has ended. */
const FIRST_N_BELOW = 2 ** 52;

/**
 * What this node tells the others, as a hint that may be lost: what one turn says leaves in one call of the bus.
 * Bounded: of a bus that does not answer nothing waits for longer than it is itself, and what is over is dropped.
 */
export class Announcements {
  readonly #house: AnnouncementsSurroundings;
  #turn: Publication[] = [];
  #n: number;
  /** Publications that the bus was given and has not taken. */
  #unanswered = 0;
  /** It was logged already that nothing gets through. */
  #failing = false;

  constructor(house: AnnouncementsSurroundings) {
    this.#house = house;
    this.#n = Math.floor(house.random.float() * FIRST_N_BELOW);
  }

  /** Envelopes that the bus has not taken yet. */
  get size(): number {
    return this.#turn.length + this.#unanswered;
  }

  /** Says it to every other node that listens to one of the topics. Never throws. */
  tell(topics: readonly Topic[], said: Said): void {
    const { bus, clock, node, limits } = this.#house;
    if (bus === null || topics.length === 0) return;
    if (this.size >= limits.announcementsMax) {
      this.#fail("the bus takes nothing; what other nodes are not told of they read from the store");
      return;
    }
    if (this.#turn.length === 0) clock.endOfTurn(() => void this.#publish(bus));
    this.#turn.push({ topics, envelope: { v: 1, node, n: ++this.#n, ...said } });
  }

  async #publish(bus: Pick<Bus, "publish">): Promise<void> {
    const batch = this.#turn;
    this.#turn = [];
    this.#unanswered += batch.length;
    try {
      await bus.publish(batch);
      this.#failing = false;
    } catch {
      this.#fail("unable to publish; other nodes read the store");
    } finally {
      this.#unanswered -= batch.length;
    }
  }

  /** Once an outage. */
  #fail(why: string): void {
    if (!this.#failing) this.#house.logger.warn({}, why);
    this.#failing = true;
  }
}
