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
  #work: Promise<void> = Promise.resolve();

  constructor(house: PresenceTrackerSurroundings) {
    this.#house = house;
  }

  /** Takes the lease and goes on renewing it. Rejects if the store does not answer. */
  async start(): Promise<void> {
    await this.#house.store.lease(this.#house.node, LEASE_TTL_MS);
    this.#renewLater();
  }

  /** Gives the lease up, and the sessions with it. */
  async stop(): Promise<void> {
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
    if (this.#queued) return;
    this.#queued = true;
    this.#house.clock.endOfTurn(() => {
      this.#queued = false;
      const come = [...this.#come.values()];
      const gone = [...this.#gone];
      this.#come.clear();
      this.#gone.clear();
      this.#work = this.#work.then(() => this.#attempt(() => this.#write(come, gone)));
    });
  }

  async #write(come: readonly PresenceSession[], gone: readonly string[]): Promise<void> {
    const { store, node } = this.#house;
    if (gone.length > 0) await store.remove(node, gone);
    if (come.length > 0) await store.put(node, come);
  }

  #renewLater(): void {
    this.#timer = this.#house.clock.after(LEASE_RENEW_MS, () => {
      this.#renewLater();
      // All sessions again: if the lease had ended, they ended with it.
      this.#work = this.#work.then(() =>
        this.#attempt(async () => {
          await this.#house.store.lease(this.#house.node, LEASE_TTL_MS);
          await this.#house.store.put(this.#house.node, [...this.#house.sessions()]);
        }),
      );
    });
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
