import type { NodeId } from "@earshot/protocol";
import type { Clock, Timer } from "./ports/clock.ts";
import type { Logger } from "./ports/logger.ts";
import type { MessageStore } from "./ports/message-store.ts";

export interface LeaseSurroundings {
  readonly node: NodeId;
  readonly store: Pick<MessageStore, "lease">;
  readonly clock: Pick<Clock, "after" | "monotonic">;
  readonly logger: Logger;
}

/** Renewals within one life of a lease. */
const RENEWALS = 3;

/**
 * A name that one node has at a time. Once claimed it is renewed by itself, until somebody else has it or it
 * is given up. It says who works, never what is right: a node that stood still may believe in it too long.
 */
export class HeldLease {
  readonly #house: LeaseSurroundings;
  readonly #name: string;
  readonly #ttlMs: number;
  /** Monotonic ms up to which it is surely this node's; null: it is not. */
  #until: number | null = null;
  /** The store may have it as this node's. */
  #claimed = false;
  #timer: Timer | null = null;
  /** Calls of the store, one after the other. */
  #calls: Promise<unknown> = Promise.resolve();

  constructor(house: LeaseSurroundings, name: string, ttlMs: number) {
    this.#house = house;
    this.#name = name;
    this.#ttlMs = ttlMs;
  }

  get held(): boolean {
    return this.#until !== null && this.#house.clock.monotonic() < this.#until;
  }

  /** Claims it, or renews it now; whether it is this node's. Rejects as the store does. */
  claim(): Promise<boolean> {
    return this.#behind(async () => {
      const asked = this.#house.clock.monotonic();
      this.#claimed = true;
      const held = await this.#house.store.lease(this.#name, this.#house.node, this.#ttlMs);
      this.#claimed = held;
      this.#until = held ? asked + this.#ttlMs : null;
      this.#arm();
      return held;
    });
  }

  /** Gives it up, if it may be this node's. Never rejects: it runs out by itself too. */
  async giveUp(): Promise<void> {
    await this.#behind(async () => {
      this.#until = null;
      this.#arm();
      if (this.#claimed) await this.#house.store.lease(this.#name, this.#house.node, 0);
      this.#claimed = false;
    }).catch(() => {});
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = this.#until === null ? null : this.#house.clock.after(this.#ttlMs / RENEWALS, () => this.#renew());
  }

  #renew(): void {
    this.#timer = null;
    if (!this.held) return;
    this.claim().catch(() => {
      this.#house.logger.warn({ lease: this.#name }, "unable to renew a lease; trying again");
      if (this.#timer === null) this.#arm();
    });
  }

  #behind<T>(call: () => Promise<T>): Promise<T> {
    const done = this.#calls.then(call);
    this.#calls = done.catch(() => {});
    return done;
  }
}
