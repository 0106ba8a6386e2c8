import type { NodeId } from "@earshot/protocol";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { PresenceSession, PresenceStore } from "../ports/presence-store.ts";

/** A node's lease, and how often it is renewed: two renewals may fail before it ends. */
const LEASE_TTL_MS = 30_000;
const LEASE_RENEW_MS = 10_000;

export interface PresenceTrackerSurroundings {
  readonly node: NodeId;
  readonly store: PresenceStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** All sessions of this node, to be told anew after a lease was lost. */
  sessions(): Iterable<PresenceSession>;
}

/**
 * Keeps the registry of who is connected where: sessions under this node's lease, in batches of a
 * turn. Liveness only: nothing is correct because of it, and a store that fails costs nothing else.
 */
export class PresenceTracker {
  readonly #house: PresenceTrackerSurroundings;
  #come = new Map<string, PresenceSession>();
  #gone = new Set<string>();
  #timer: Timer | null = null;
  #queued = false;
  #stopped = false;
  #leasedAt = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(house: PresenceTrackerSurroundings) {
    this.#house = house;
  }

  /** Takes the lease and goes on renewing it. Rejects if the store does not answer. */
  async start(): Promise<void> {
    await this.#lease();
    this.#renewLater();
  }

  /** Gives the lease up, and the sessions with it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
    await this.#work;
    await this.#attempt(() => this.#house.store.lease(this.#house.node, 0));
  }

  enter({ session, user, device }: PresenceSession): void {
    this.#come.set(session, { session, user, device });
    this.#queue();
  }

  leave({ session }: Pick<PresenceSession, "session">): void {
    if (!this.#come.delete(session)) this.#gone.add(session);
    this.#queue();
  }

  #queue(): void {
    if (this.#queued || this.#stopped) return;
    this.#queued = true;
    this.#house.clock.endOfTurn(() => {
      this.#queued = false;
      if (!this.#stopped) this.#work = this.#work.then(() => this.#attempt(() => this.#write()));
    });
  }

  /** Writes who has gone and who has come; those who have gone are kept until that was taken. */
  async #write(): Promise<void> {
    const { store, node } = this.#house;
    const gone = [...this.#gone];
    const come = [...this.#come.values()];
    this.#come.clear();
    if (gone.length > 0) await store.remove(node, gone);
    for (const session of gone) this.#gone.delete(session);
    if (come.length > 0) await store.put(node, come);
  }

  #renewLater(): void {
    this.#timer = this.#house.clock.after(LEASE_RENEW_MS, () => {
      this.#renewLater();
      this.#work = this.#work.then(() => this.#attempt(() => this.#renew()));
    });
  }

  async #renew(): Promise<void> {
    const { store, node, clock, sessions } = this.#house;
    // With a lease that has ended all its sessions have.
    if (clock.monotonic() - this.#leasedAt > LEASE_TTL_MS) this.#gone.clear();
    await this.#lease();
    await this.#write();
    await store.put(node, [...sessions()]);
  }

  async #lease(): Promise<void> {
    await this.#house.store.lease(this.#house.node, LEASE_TTL_MS);
    this.#leasedAt = this.#house.clock.monotonic();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch {
      this.#house.logger.warn(
        { node: this.#house.node },
        "unable to write presence; it is written again with the next renewal",
      );
    }
  }
}
