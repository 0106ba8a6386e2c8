import type { NodeId, SessionId } from "@earshot/protocol";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { PresenceDeparture, PresenceSession, PresenceStore } from "../ports/presence-store.ts";

/** A node's lease, and how often it is renewed: two renewals may fail before it ends. */
const LEASE_TTL_MS = 30_000;
const LEASE_RENEW_MS = 10_000;
/** Wait before what failed is tried again. */
const AGAIN_MS = 1_000;
/** Sessions in one call of the store. */
const BATCH_SESSIONS_MAX = 1_000;

export interface PresenceWriterSurroundings {
  readonly node: NodeId;
  readonly store: Pick<PresenceStore, "lease" | "put" | "remove" | "of">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A session that counts as here, as it is now; undefined: it does not. */
  session(id: SessionId): PresenceSession | undefined;
}

/**
 * Keeps the store told of this node's sessions, under the node's lease: in batches of a turn, as often
 * as it takes, and all of them anew when the store has lost them.
 */
export class PresenceWriter {
  readonly #house: PresenceWriterSurroundings;
  /** What is still to be written: who has come or changed, and who has gone, with their last sign of life. */
  readonly #put = new Set<SessionId>();
  readonly #gone = new Map<SessionId, number>();
  /** What the store may know of: oldest first, without those in `#gone`. */
  readonly #written = new Set<SessionId>();
  #timer: Timer | null = null;
  #state: "new" | "started" | "stopped" = "new";
  #queued = false;
  #failing = false;
  #writing: Promise<void> | null = null;
  #renewing: Promise<void> | null = null;

  constructor(house: PresenceWriterSurroundings) {
    this.#house = house;
  }

  /** Takes the lease and goes on renewing it. Rejects if the store does not answer. */
  async start(): Promise<void> {
    await this.#lease(LEASE_TTL_MS);
    if (this.#state === "stopped") return;
    this.#state = "started";
    this.#renewAfter(LEASE_RENEW_MS);
    this.#queue();
  }

  /** Gives the lease up, and the sessions with it. Nothing is written any longer. */
  async stop(): Promise<void> {
    this.#state = "stopped";
    this.#timer?.cancel();
    this.#timer = null;
    await this.#writing;
    await this.#renewing;
    await this.#attempt(() => this.#lease(0));
  }

  /** The session has come, or has changed. */
  put(session: SessionId): void {
    this.#put.add(session);
    this.#queue();
  }

  /** The session has gone; `heardAt`: monotonic ms of its last sign of life. */
  remove(session: SessionId, heardAt: number): void {
    this.#put.delete(session);
    if (!this.#written.delete(session)) return;
    this.#gone.set(session, heardAt);
    this.#queue();
  }

  #queue(): void {
    if (this.#queued || this.#state !== "started") return;
    this.#queued = true;
    this.#house.clock.endOfTurn(() => {
      this.#queued = false;
      // While it fails, all of it waits for the next renewal.
      if (!this.#failing) this.#write();
    });
  }

  /** Writes what there is to say, and what comes meanwhile. */
  #write(): void {
    if (this.#state !== "started" || this.#writing !== null) return;
    this.#writing = this.#attempt(async () => {
      while (this.#state === "started" && this.#put.size + this.#gone.size > 0) {
        // Who has come first: a user who changes sessions is never gone in between.
        if (this.#put.size > 0) await this.#writePut();
        else await this.#writeGone();
      }
      this.#failing = false;
    }).finally(() => {
      this.#writing = null;
    });
  }

  async #writePut(): Promise<void> {
    const { store, node, session } = this.#house;
    const batch: PresenceSession[] = [];
    for (const id of this.#put) {
      if (batch.length === BATCH_SESSIONS_MAX) break;
      this.#put.delete(id);
      const known = session(id);
      if (known === undefined) continue;
      this.#written.add(id);
      batch.push({ session: id, user: known.user, device: known.device, activity: known.activity });
    }
    try {
      if (batch.length > 0) await store.put(node, batch);
    } catch (error) {
      for (const { session: id } of batch) if (session(id) !== undefined) this.#put.add(id);
      throw error;
    }
  }

  async #writeGone(): Promise<void> {
    const { store, node, clock } = this.#house;
    const now = clock.monotonic();
    const batch: PresenceDeparture[] = [];
    for (const [session, heardAt] of this.#gone) {
      if (batch.length === BATCH_SESSIONS_MAX) break;
      batch.push({ session, quietMs: Math.max(0, Math.round(now - heardAt)) });
    }
    await store.remove(node, batch);
    for (const { session } of batch) this.#gone.delete(session);
  }

  #renewAfter(ms: number): void {
    this.#timer?.cancel();
    if (this.#state !== "started") return;
    this.#timer = this.#house.clock.after(ms, () => {
      this.#timer = null;
      this.#renewing = this.#attempt(() => this.#renew()).finally(() => {
        this.#renewing = null;
        this.#renewAfter(this.#failing ? AGAIN_MS : LEASE_RENEW_MS);
      });
    });
  }

  async #renew(): Promise<void> {
    await this.#lease(LEASE_TTL_MS);
    if (!(await this.#stands())) for (const id of this.#written) this.#put.add(id);
    if (this.#put.size + this.#gone.size === 0) this.#failing = false;
    else this.#write();
  }

  /** Whether the store still has what it was told: a look at one session, for all. A lease that has ended took them all. */
  async #stands(): Promise<boolean> {
    const { store, node, session } = this.#house;
    for (const id of this.#written) {
      const known = session(id);
      if (known === undefined || this.#put.has(id)) continue;
      const [found] = await store.of([known.user]);
      return (
        !this.#written.has(id) || (found?.sessions.some((one) => one.session === id && one.node === node) ?? false)
      );
    }
    return true;
  }

  async #lease(ttlMs: number): Promise<void> {
    await this.#house.store.lease(this.#house.node, ttlMs);
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch {
      if (!this.#failing) {
        this.#house.logger.warn({ node: this.#house.node }, "unable to write presence; it is tried again every second");
      }
      this.#failing = true;
      if (this.#renewing === null) this.#renewAfter(AGAIN_MS);
    }
  }
}
