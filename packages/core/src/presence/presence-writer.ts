import { ChatError, isChatError, type NodeId, type SessionId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { PresenceDeparture, PresenceSession, PresenceStore } from "../ports/presence-store.ts";
import { UnsureSessions } from "./unsure-sessions.ts";

/** A node's lease, and how often it is renewed: two renewals may fail before it ends. */
const LEASE_TTL_MS = 30_000;
const LEASE_RENEW_MS = 10_000;
/** Between two renewals that are known of: in so much the lease may have ended, and one of those that failed have begun it anew. */
const MAY_HAVE_ENDED_MS = 25_000;
/** Wait before what failed is tried again: doubling from the first. */
const AGAIN_FIRST_MS = 100;
const AGAIN_MS = 1_000;
/** A call without an answer for so long counts as failed, so that the lease does not run out behind it. */
const CALL_WITHIN_MS = 5_000;

export interface PresenceWriterSurroundings {
  /** This node's name in the registry. */
  readonly node: NodeId;
  readonly store: Pick<PresenceStore, "lease" | "put" | "remove" | "of">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A session that counts as here, as it is now; undefined: it does not. */
  session(id: SessionId): PresenceSession | undefined;
  /** A call has failed: what the store says of others may be old for a while too. */
  failed(): void;
}

/**
 * Keeps the store told of this node's sessions, under the node's lease: in batches of a turn, one call after the
 * other, as often as it takes, and all of them anew when the store has lost them.
 */
export class PresenceWriter {
  readonly #house: PresenceWriterSurroundings;
  /** What is still to be written: who has come or changed, and who has gone, with their last sign of life. */
  readonly #put = new Set<SessionId>();
  readonly #gone = new Map<SessionId, number>();
  /** What the store may know of: oldest first, without those in `#gone`. */
  readonly #written = new Set<SessionId>();
  readonly #unsure = new UnsureSessions();
  /** When the last renewal that is known of was asked for, monotonic ms. */
  #leasedAt = 0;
  #timer: Timer | null = null;
  /** Set: what is to be written waits for it. */
  #again: Timer | null = null;
  /** Writes in a row that failed. */
  #failures = 0;
  #state: "new" | "started" | "stopped" = "new";
  #queued = false;
  /** It was logged already that the store fails. */
  #failing = false;
  #writing: Promise<void> | null = null;
  #renewing: Promise<void> | null = null;
  /** Calls of the store, one after the other: what a renewal finds there was there before it. */
  #calls: Promise<unknown> = Promise.resolve();

  constructor(house: PresenceWriterSurroundings) {
    this.#house = house;
  }

  /** Takes the lease and goes on renewing it. Rejects if the store does not answer. */
  async start(): Promise<void> {
    await this.#inTurn(() => this.#lease(LEASE_TTL_MS));
    if (this.#state === "stopped") return;
    this.#state = "started";
    this.#renewAfter(LEASE_RENEW_MS);
    this.#queue();
  }

  /** Writes nothing any longer; the lease, and the sessions with it, ends after `ttlMs`, at once where there are none. */
  async stop(ttlMs: number): Promise<void> {
    this.#state = "stopped";
    for (const timer of [this.#timer, this.#again]) timer?.cancel();
    this.#timer = this.#again = null;
    await this.#writing;
    await this.#renewing;
    await this.#inTurn(() => this.#lease(this.#written.size > 0 ? ttlMs : 0)).catch(() => this.#fail());
  }

  /** The session has come, or has changed. */
  put(session: SessionId): void {
    this.#put.add(session);
    this.#queue();
  }

  /** The session has gone; `heardAt`: monotonic ms of its last sign of life. */
  remove(session: SessionId, heardAt: number): void {
    this.#put.delete(session);
    this.#unsure.gone(session, heardAt);
    if (!this.#written.delete(session)) return;
    this.#gone.set(session, heardAt);
    this.#queue();
  }

  #queue(): void {
    if (this.#queued || this.#state !== "started") return;
    this.#queued = true;
    this.#house.clock.endOfTurn(() => {
      this.#queued = false;
      // While it fails, all of it waits for the next try.
      if (this.#again === null) this.#write();
    });
  }

  /** Writes what there is to say, and what comes meanwhile. */
  #write(): void {
    if (this.#state !== "started" || this.#writing !== null) return;
    this.#again?.cancel();
    this.#again = null;
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = null;
    });
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#state === "started" && this.#put.size + this.#gone.size > 0) {
        // Who has come first: a user who changes sessions is never gone in between.
        await this.#inTurn(() => (this.#put.size > 0 ? this.#writePut() : this.#writeGone()));
      }
      this.#failures = 0;
      this.#failing = false;
    } catch (error) {
      this.#fail();
      const waitMs = Math.min(AGAIN_MS, AGAIN_FIRST_MS * 2 ** Math.min(this.#failures++, 10));
      // Of a lease that has ended only a new one helps.
      if (isChatError(error) && error.code === "conflict" && this.#renewing === null) this.#renewAfter(waitMs);
      if (this.#state === "started") this.#again = this.#house.clock.after(waitMs, () => this.#write());
    }
  }

  async #writePut(): Promise<void> {
    const { store, node, session, clock } = this.#house;
    const batch: PresenceSession[] = [];
    for (const id of this.#put) {
      if (batch.length === FIXED_LIMITS.presencePerCallMax) break;
      this.#put.delete(id);
      const known = session(id);
      if (known === undefined) continue;
      this.#written.add(id);
      batch.push({ session: id, user: known.user, device: known.device, activity: known.activity });
    }
    try {
      if (batch.length > 0) await this.#answered(store.put(node, batch));
    } catch (error) {
      const ids = batch.map(({ session: id }) => id);
      if (!isChatError(error) || error.code !== "conflict") this.#unsure.add(ids, clock.monotonic());
      for (const id of ids) if (session(id) !== undefined) this.#put.add(id);
      throw error;
    }
  }

  async #writeGone(): Promise<void> {
    const { store, node, clock } = this.#house;
    const now = clock.monotonic();
    const batch: PresenceDeparture[] = [];
    for (const [session, heardAt] of this.#gone) {
      if (batch.length === FIXED_LIMITS.presencePerCallMax) break;
      batch.push({ session, quietMs: Math.max(0, Math.round(now - heardAt)) });
    }
    if (batch.length > 0) await this.#answered(store.remove(node, batch));
    for (const { session } of batch) this.#gone.delete(session);
  }

  #renewAfter(ms: number): void {
    this.#timer?.cancel();
    if (this.#state !== "started") return;
    this.#timer = this.#house.clock.after(ms, () => {
      this.#timer = null;
      this.#renewing = this.#renew()
        .then(
          () => LEASE_RENEW_MS,
          () => {
            this.#fail();
            return AGAIN_MS;
          },
        )
        .then((nextMs) => {
          this.#renewing = null;
          this.#renewAfter(nextMs);
        });
    });
  }

  async #renew(): Promise<void> {
    await this.#inTurn(async () => {
      const before = this.#leasedAt;
      await this.#lease(LEASE_TTL_MS);
      const ended = this.#leasedAt - before >= MAY_HAVE_ENDED_MS || !(await this.#stands());
      if (ended) for (const id of this.#written) this.#put.add(id);
    });
    for (const [id, goneAt] of this.#unsure.take(this.#house.clock.monotonic())) {
      if (goneAt === null) this.#put.add(id);
      else this.#gone.set(id, goneAt);
    }
    if (this.#put.size + this.#gone.size === 0) this.#failing = false;
    else this.#write();
  }

  /** Whether the store still has what it was told: a look at one session, for all. A lease that has ended took them all. */
  async #stands(): Promise<boolean> {
    const { store, node, session } = this.#house;
    for (const id of this.#written) {
      const known = session(id);
      if (known === undefined || this.#put.has(id)) continue;
      const [found] = await this.#answered(store.of([known.user]));
      return (
        !this.#written.has(id) || (found?.sessions.some((one) => one.session === id && one.node === node) ?? false)
      );
    }
    return true;
  }

  async #lease(ttlMs: number): Promise<void> {
    const { store, node, clock } = this.#house;
    const askedAt = clock.monotonic();
    await this.#answered(store.lease(node, ttlMs));
    this.#leasedAt = askedAt;
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const done = this.#calls.then(call);
    this.#calls = done.catch(() => {});
    return done;
  }

  /** The same answer, or `unavailable` when it does not come: then nobody knows what was done. */
  #answered<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#house.clock.after(CALL_WITHIN_MS, () => {
        reject(new ChatError("unavailable", "unable to write presence; the store does not answer"));
      });
      answer.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  #fail(): void {
    const { logger, node, failed } = this.#house;
    if (!this.#failing) logger.warn({ node }, "unable to write presence; it is tried again every second");
    this.#failing = true;
    failed();
  }
}
