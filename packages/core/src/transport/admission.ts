import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import { Addresses, type AddressesSurroundings } from "./addresses.ts";

export interface AdmissionSurroundings extends AddressesSurroundings {
  readonly clock: Pick<Clock, "monotonic">;
  readonly logger: Logger;
  readonly limits: AddressesSurroundings["limits"] & { readonly admissionsPerSecondMax: number };
  /** How many other nodes clients could come back to, as far as this one has heard. */
  otherNodes(): number;
}

/** Why one more may not come in now. */
export interface NotAdmitted {
  readonly code: "rate_limited" | "unavailable";
  readonly detail: string;
  readonly retryAfterSeconds: number;
}

/** Shortest spread told to clients, so that a few still do not come as one. */
const SPREAD_MIN_MS = 400;
/** Time between two warnings that an address is refused. */
const WARNINGS_APART_MS = 60_000;
const NODE_BUSY: NotAdmitted = { code: "unavailable", detail: "too many come at once", retryAfterSeconds: 1 };

/**
 * Who may come in: so many a second on this node, so many of one address, and over which time its
 * clients should come back if it dies (trap 22), so that each comes once, evenly.
 */
export class Admission {
  readonly #house: AdmissionSurroundings;
  readonly #addresses: Addresses;
  #second = 0;
  #admitted = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(house: AdmissionSurroundings) {
    this.#house = house;
    this.#addresses = new Addresses(house);
  }

  /** Addresses that have a session here. */
  get addresses(): number {
    return this.#addresses.size;
  }

  /** Takes one more in, or says why not: null if it may come. */
  admit(address: string): NotAdmitted | null {
    const now = this.#house.clock.monotonic();
    const wait = this.#addresses.wait(address, now);
    if (wait > 0) {
      this.#warn(now);
      return {
        code: "rate_limited",
        detail: "too many come from one address",
        retryAfterSeconds: Math.ceil(wait / 1_000),
      };
    }
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#admitted = 0;
    }
    if (this.#admitted >= this.#house.limits.admissionsPerSecondMax) return NODE_BUSY;
    this.#admitted++;
    this.#addresses.take(address, now);
    return null;
  }

  /** A session of this address has begun. */
  enter(address: string): void {
    this.#addresses.enter(address);
  }

  /** It has ended. */
  leave(address: string): void {
    this.#addresses.leave(address);
  }

  /**
   * Upper bound of a client's first delay when it comes back, in ms: this node's connections divided by what the rest
   * of the cluster lets in, `admissionsPerSecondMax` on each other node that was heard lately; at least 400. Of a
   * cluster of one, or one that nothing is heard of, one node is counted on.
   */
  spread(connections: number): number {
    const { limits, otherNodes } = this.#house;
    const perSecond = limits.admissionsPerSecondMax * Math.max(1, otherNodes());
    return Math.max(SPREAD_MIN_MS, Math.ceil((connections / perSecond) * 1_000));
  }

  /** A proxy that the host forgot to name looks like one address that floods. */
  #warn(now: number): void {
    if (now - this.#warnedAt < WARNINGS_APART_MS) return;
    this.#warnedAt = now;
    const message =
      "one address has too many connections, and is refused; is it a proxy that option trustedProxies lacks?";
    this.#house.logger.warn({}, message);
  }
}
