import { ChatError, type NodeId, type SessionId, type UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type {
  HostedSession,
  PresenceDeparture,
  PresenceSession,
  PresenceStore,
  UserPresence,
} from "../ports/presence-store.ts";

/** One node's presence store over a registry, which engines of one process share. */
export function memoryPresence(registry: MemoryPresenceRegistry): PresenceStore {
  return new MemoryPresenceStore(registry);
}

interface Lease {
  readonly sessions: Map<SessionId, HostedSession>;
  expiry: Timer;
  /** Unix ms. */
  renewedAt: number;
}

/** The leases of one process, and its own clock for them. */
export class MemoryPresenceRegistry {
  readonly #clock: Clock;
  readonly #leases = new Map<NodeId, Lease>();
  /** Nearly everybody has one: then no list stands for it. */
  readonly #users = new Map<UserId, HostedSession | readonly HostedSession[]>();
  readonly #seen: LRUCache<UserId, number>;
  readonly #listeners = new Set<(users: readonly UserId[]) => void>();
  #ends = 0;

  /** `seenUsersMax`: users of whom it is known when they were last seen; default 50,000. */
  constructor(clock: Clock, { seenUsersMax = FIXED_LIMITS.seenUsersMax }: { readonly seenUsersMax?: number } = {}) {
    this.#clock = clock;
    this.#seen = new LRUCache({ max: seenUsersMax });
  }

  /** For `memoryPresence` alone. */
  opened(): void {
    this.#ends++;
  }

  /** For `memoryPresence` alone. With its last end nobody is left to see a lease run out, and no timer stays for it. */
  closed(): void {
    this.#ends--;
    if (this.#ends > 0) return;
    for (const { expiry } of this.#leases.values()) expiry.cancel();
    this.#leases.clear();
    this.#users.clear();
  }

  /** As `PresenceStore.lease`. */
  lease(node: NodeId, ttlMs: number): void {
    const standing = this.#leases.get(node);
    standing?.expiry.cancel();
    const renewedAt = this.#clock.now();
    if (ttlMs <= 0) {
      this.#end(node, renewedAt);
      return;
    }
    const expiry = this.#clock.after(ttlMs, () => this.#end(node, renewedAt));
    if (standing === undefined) this.#leases.set(node, { sessions: new Map(), expiry, renewedAt });
    else Object.assign(standing, { expiry, renewedAt });
  }

  /** As `PresenceStore.put`. */
  put(node: NodeId, sessions: readonly PresenceSession[]): void {
    const lease = this.#leases.get(node);
    if (lease === undefined) {
      throw new ChatError("conflict", "unable to put sessions; the node's lease has ended or never began");
    }
    const changed: UserId[] = [];
    for (const { session, user, device, activity } of sessions) {
      const known = lease.sessions.get(session);
      if (known?.activity === activity) continue;
      if (known !== undefined) {
        // Whoever turns invisible looks like one who has gone.
        if (activity === "invisible") this.#see(known, this.#clock.now());
        this.#forget(known);
      }
      const hosted = { session, user: known?.user ?? user, device: known?.device ?? device, activity, node };
      lease.sessions.set(session, hosted);
      this.#remember(hosted);
      changed.push(hosted.user);
    }
    this.#tell(changed);
  }

  /** As `PresenceStore.remove`. */
  remove(node: NodeId, departures: readonly PresenceDeparture[]): void {
    const lease = this.#leases.get(node);
    if (lease === undefined) return;
    const changed: UserId[] = [];
    for (const { session, quietMs } of departures) {
      const known = lease.sessions.get(session);
      if (known === undefined) continue;
      lease.sessions.delete(session);
      this.#forget(known);
      this.#see(known, this.#clock.now() - quietMs);
      changed.push(known.user);
    }
    this.#tell(changed);
  }

  /** As `PresenceStore.of`. */
  of(users: readonly UserId[]): readonly UserPresence[] {
    return users.map((user) => ({
      user,
      sessions: this.#hostedOf(user).map((hosted) => ({ ...hosted })),
      seen: this.#seen.peek(user) ?? null,
    }));
  }

  /** As `PresenceStore.onChange`. */
  onChange(listener: (users: readonly UserId[]) => void): () => void {
    const own = (users: readonly UserId[]) => listener(users);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  #end(node: NodeId, seenAt: number): void {
    const lease = this.#leases.get(node);
    if (lease === undefined) return;
    this.#leases.delete(node);
    const ended = [...lease.sessions.values()];
    for (const hosted of ended) {
      this.#forget(hosted);
      this.#see(hosted, seenAt);
    }
    this.#tell(ended.map(({ user }) => user));
  }

  #remember(hosted: HostedSession): void {
    const known = this.#hostedOf(hosted.user);
    this.#users.set(hosted.user, known.length === 0 ? hosted : [...known, hosted]);
  }

  #forget(hosted: HostedSession): void {
    const left = this.#hostedOf(hosted.user).filter((other) => other !== hosted);
    const [only] = left;
    if (only === undefined) this.#users.delete(hosted.user);
    else this.#users.set(hosted.user, left.length === 1 ? only : left);
  }

  #hostedOf(user: UserId): readonly HostedSession[] {
    const hosted = this.#users.get(user) ?? [];
    return "session" in hosted ? [hosted] : hosted;
  }

  /** The user was there until `at`, as far as others may know. It only rises. */
  #see({ user, activity }: HostedSession, at: number): void {
    if (activity !== "invisible") this.#seen.set(user, Math.max(at, this.#seen.peek(user) ?? 0));
  }

  #tell(changed: readonly UserId[]): void {
    if (changed.length === 0) return;
    const users = [...new Set(changed)];
    for (const listener of this.#listeners) {
      // After what runs now. A listener that throws is a fault of its owner, and surfaces as an unhandled rejection.
      void Promise.resolve().then(() => {
        if (this.#listeners.has(listener)) listener(users);
      });
    }
  }
}

class MemoryPresenceStore implements PresenceStore {
  readonly #registry: MemoryPresenceRegistry;
  readonly #undos = new Set<() => void>();
  #state: "new" | "open" | "closed" = "new";

  constructor(registry: MemoryPresenceRegistry) {
    this.#registry = registry;
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open presence store; it was opened before");
    this.#state = "open";
    this.#registry.opened();
  }

  async close(): Promise<void> {
    if (this.#state === "open") this.#registry.closed();
    this.#state = "closed";
    for (const undo of this.#undos) undo();
    this.#undos.clear();
  }

  async ping(): Promise<void> {
    this.#requireOpen();
  }

  async lease(node: NodeId, ttlMs: number): Promise<void> {
    this.#requireOpen();
    this.#registry.lease(node, ttlMs);
  }

  async put(node: NodeId, sessions: readonly PresenceSession[]): Promise<void> {
    this.#requireOpen();
    this.#registry.put(node, sessions);
  }

  async remove(node: NodeId, sessions: readonly PresenceDeparture[]): Promise<void> {
    this.#requireOpen();
    this.#registry.remove(node, sessions);
  }

  async of(users: readonly UserId[]): Promise<readonly UserPresence[]> {
    this.#requireOpen();
    return this.#registry.of(users);
  }

  onChange(listener: (users: readonly UserId[]) => void): () => void {
    if (this.#state === "closed") return () => {};
    const undoInRegistry = this.#registry.onChange(listener);
    const undo = () => {
      undoInRegistry();
      this.#undos.delete(undo);
    };
    this.#undos.add(undo);
    return undo;
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw new ChatError("closed", "unable to use presence store; it is not open");
  }
}
