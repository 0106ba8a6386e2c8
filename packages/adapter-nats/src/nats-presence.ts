import { randomUUID } from "node:crypto";
import type { PresenceDeparture, PresenceSession, PresenceStore, UserPresence } from "@earshot/core";
import { ChatError, type NodeId, type UserId } from "@earshot/protocol";
import { PresenceBuckets } from "./presence-buckets.ts";
import type { NatsPresenceOptions } from "./presence-plans.ts";
import { type LeaseRecord, leaseKey, type SessionRecord, sessionKey } from "./presence-records.ts";
import { isVoid, seenAtOf, untilOf } from "./presence-replica.ts";
import type { NatsSource } from "./require-connection.ts";

const LEASE_MS_MAX = 1_800_000;
/** Two ends that renew one lease at once; more tries than ends. */
const ATTEMPTS_MAX = 8;
/** The bucket forgets what was not written for an hour: sessions that last are written again before. */
const WRITTEN_AGAIN_AFTER_MS = 1_200_000;
const WRITTEN_AGAIN_MAX = 500;
const SWEEP_EVERY_MS = 500;
/** Whoever notices first that a lease has run out writes when its users were seen; others wait for that, by chance. */
const SEEN_WITHIN_MS = 2_000;

/**
 * Presence in two key-value buckets of JetStream, `earshot_<namespace>_presence` and `earshot_<namespace>_seen`. Every
 * gateway follows them by one consumer each and holds what they say in memory, some 550 bytes for each session of the
 * cluster; what it is asked it answers from there, once it has reached the bucket's end. Leases are measured by the stamps
 * that the server puts on what it takes: nobody's wall clock counts.
 *
 * `connection` and the errors of `open` are as with `jetstreamBus`. A lease is of 30 minutes at most.
 */
export function natsPresence(connection: NatsSource, options: NatsPresenceOptions = {}): PresenceStore {
  return new NatsPresence(connection, options);
}

class NatsPresence implements PresenceStore {
  readonly #buckets: PresenceBuckets;
  readonly #listeners = new Set<(users: readonly UserId[]) => void>();
  readonly #changed = new Set<UserId>();
  #timer: NodeJS.Timeout | null = null;
  #state: "new" | "open" | "closed" = "new";

  constructor(connection: NatsSource, options: NatsPresenceOptions) {
    this.#buckets = new PresenceBuckets(connection, options, (user) => this.#tell(user));
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open presence store; it was opened before");
    this.#state = "open";
    try {
      await this.#buckets.open();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#timer = setInterval(() => this.#sweep(), SWEEP_EVERY_MS);
  }

  async close(): Promise<void> {
    this.#state = "closed";
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#buckets.close();
    this.#listeners.clear();
  }

  async ping(): Promise<void> {
    await this.#reached();
  }

  async lease(node: NodeId, ttlMs: number): Promise<void> {
    this.#requireOpen();
    if (ttlMs > LEASE_MS_MAX) {
      throw new ChatError("invalid", `unable to lease; it may last ${LEASE_MS_MAX} ms at most`);
    }
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      await this.#reached();
      if (await this.#leased(node, ttlMs)) return;
    }
    throw new ChatError("unavailable", "unable to lease; others write the same lease", { retryAfterMs: 1_000 });
  }

  async put(node: NodeId, sessions: readonly PresenceSession[]): Promise<void> {
    await this.#reached();
    const { replica, clock } = this.#buckets;
    const now = clock.now();
    const life = replica.stands(node, now) ? replica.lease(node)?.life : undefined;
    if (life === undefined) throw leaseEnded();
    const written: Promise<unknown>[] = [];
    const hidden: [UserId, number][] = [];
    for (const { session, user, device, activity } of sessions) {
      const known = replica.session(node, session, now);
      if (known?.activity === activity) continue;
      // Whoever turns invisible looks like one who has gone.
      if (known !== undefined && activity === "invisible") hidden.push([known.user, now]);
      const record: SessionRecord = { user: known?.user ?? user, device: known?.device ?? device, activity, life };
      written.push(this.#buckets.put(sessionKey(node, session), record));
    }
    await Promise.all([...written, this.#see(hidden)]);
    if (written.length === 0) return;
    // It may have ended meanwhile: then nothing of this is shown.
    await this.#reached();
    if (!replica.stands(node, clock.now()) || replica.lease(node)?.life !== life) throw leaseEnded();
  }

  async remove(node: NodeId, departures: readonly PresenceDeparture[]): Promise<void> {
    await this.#reached();
    const { replica, clock } = this.#buckets;
    const now = clock.now();
    const left = departures.flatMap(({ session, quietMs }) => {
      const known = replica.session(node, session, now);
      return known === undefined ? [] : [{ known, at: Math.floor(now - quietMs) }];
    });
    await this.#see(left.flatMap(({ known, at }) => (known.activity === "invisible" ? [] : [[known.user, at]])));
    await Promise.all(left.map(({ known }) => this.#buckets.delete(sessionKey(node, known.session))));
  }

  async of(users: readonly UserId[]): Promise<readonly UserPresence[]> {
    await this.#reached();
    const { replica, clock, seen } = this.#buckets;
    const now = clock.now();
    return users.map((user) => {
      const found = replica.of(user, now);
      const written = seen.get(user)?.at ?? null;
      const latest = Math.max(found.seen ?? 0, written ?? 0);
      return { user, sessions: found.sessions, seen: found.seen === null && written === null ? null : latest };
    });
  }

  onChange(listener: (users: readonly UserId[]) => void): () => void {
    if (this.#state === "closed") return () => {};
    const own = (users: readonly UserId[]): void => listener(users);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  // ---- leases

  /** false: somebody else has written it meanwhile, or it had ended when it was renewed. */
  async #leased(node: NodeId, ttlMs: number): Promise<boolean> {
    const { replica, clock } = this.#buckets;
    const known = replica.lease(node);
    const now = clock.now();
    const stands = known !== undefined && replica.stands(node, now);
    if (ttlMs <= 0 && !stands) return true;
    // What an earlier lease tells of its users is written over.
    if (!stands) await this.#seeEnded(node);
    const record: LeaseRecord = stands
      ? { life: known.life, ttlMs: Math.max(0, ttlMs), before: { at: known.at, until: untilOf(known) } }
      : { life: randomUUID(), ttlMs, before: null };
    if (!(await this.#buckets.replace(leaseKey(node), record, known?.revision ?? 0))) return false;
    await this.#reached();
    const written = replica.lease(node);
    if (written === undefined || isVoid(written)) return false;
    if (ttlMs <= 0) await this.#seeEnded(node);
    else await this.#writeAgain(node, now);
    return true;
  }

  /** Sessions that the bucket would forget though their lease stands. */
  async #writeAgain(node: NodeId, now: number): Promise<void> {
    const old = [...this.#buckets.replica.sessionsOf(node)].filter(({ at }) => now - at > WRITTEN_AGAIN_AFTER_MS);
    await Promise.all(
      old.slice(0, WRITTEN_AGAIN_MAX).map(({ session, user, device, activity, life }) => {
        const record: SessionRecord = { user, device, activity, life };
        return this.#buckets.put(sessionKey(node, session), record);
      }),
    );
  }

  #sweep(): void {
    const { replica, clock } = this.#buckets;
    if (!clock.fresh) this.#buckets.tick();
    for (const node of replica.sweep(clock.now())) {
      setTimeout(() => {
        if (this.#state === "open" && !replica.stands(node, clock.now())) void this.#seeEnded(node).catch(() => {});
      }, Math.random() * SEEN_WITHIN_MS).unref();
    }
  }

  // ---- seen

  /** Has it outlive the sessions when their users were last here. */
  async #seeEnded(node: NodeId): Promise<void> {
    const { replica } = this.#buckets;
    const lease = replica.lease(node);
    if (lease === undefined) return;
    const at = seenAtOf(lease);
    const visible = [...replica.sessionsOf(node)].filter(({ activity }) => activity !== "invisible");
    await this.#see(visible.map(({ user }) => [user, at]));
  }

  /** It only rises. */
  async #see(given: readonly (readonly [user: UserId, at: number])[]): Promise<void> {
    const latest = new Map<UserId, number>();
    for (const [user, at] of given) latest.set(user, Math.max(at, latest.get(user) ?? 0));
    await Promise.all([...latest].map(([user, at]) => this.#buckets.see(user, at)));
  }

  // ----

  /** What the buckets hold now is known here. */
  async #reached(): Promise<void> {
    this.#requireOpen();
    await this.#buckets.reached();
    this.#requireOpen();
  }

  /** Everybody who has changed within a turn, at once. */
  #tell(user: UserId): void {
    if (this.#changed.size === 0) {
      setImmediate(() => {
        const users = [...this.#changed];
        this.#changed.clear();
        for (const listener of [...this.#listeners]) listener(users);
      });
    }
    this.#changed.add(user);
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw new ChatError("closed", "unable to use presence store; it is not open");
  }
}

function leaseEnded(): ChatError {
  return new ChatError("conflict", "unable to put sessions; the node's lease has ended or never began");
}
