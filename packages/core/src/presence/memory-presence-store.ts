import { ChatError, type NodeId, type SessionId, type UserId } from "@earshot/protocol";
import type { Clock, Timer } from "../ports/clock.ts";
import type { HostedSession, PresenceSession, PresenceStore } from "../ports/presence-store.ts";

/** One node's presence store over a registry, which engines of one process share. */
export function memoryPresence(registry: MemoryPresenceRegistry): PresenceStore {
  return new MemoryPresenceStore(registry);
}

interface Lease {
  readonly sessions: Map<SessionId, PresenceSession>;
  expiry: Timer;
}

/** The leases of one process, and its own clock for them. */
export class MemoryPresenceRegistry {
  readonly #clock: Clock;
  readonly #leases = new Map<NodeId, Lease>();
  readonly #listeners = new Set<(users: readonly UserId[]) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** As `PresenceStore.lease`. */
  lease(node: NodeId, ttlMs: number): void {
    const standing = this.#leases.get(node);
    standing?.expiry.cancel();
    if (ttlMs <= 0) {
      this.#end(node);
      return;
    }
    const expiry = this.#clock.after(ttlMs, () => this.#end(node));
    if (standing === undefined) this.#leases.set(node, { sessions: new Map(), expiry });
    else standing.expiry = expiry;
  }

  /** As `PresenceStore.put`. */
  put(node: NodeId, sessions: readonly PresenceSession[]): void {
    const lease = this.#leases.get(node);
    if (lease === undefined) {
      throw new ChatError("conflict", "unable to put sessions; the node's lease has ended or never began");
    }
    const added = sessions.filter(({ session }) => !lease.sessions.has(session));
    for (const { session, user, device } of added) lease.sessions.set(session, { session, user, device });
    this.#tell(added);
  }

  /** As `PresenceStore.remove`. */
  remove(node: NodeId, sessions: readonly SessionId[]): void {
    const lease = this.#leases.get(node);
    if (lease === undefined) return;
    const removed: PresenceSession[] = [];
    for (const id of sessions) {
      const session = lease.sessions.get(id);
      if (session !== undefined && lease.sessions.delete(id)) removed.push(session);
    }
    this.#tell(removed);
  }

  /** As `PresenceStore.of`. */
  of(users: readonly UserId[]): readonly HostedSession[] {
    const wanted = new Set(users);
    const found: HostedSession[] = [];
    for (const [node, { sessions }] of this.#leases) {
      for (const session of sessions.values()) if (wanted.has(session.user)) found.push({ ...session, node });
    }
    return found;
  }

  /** As `PresenceStore.onChange`. */
  onChange(listener: (users: readonly UserId[]) => void): () => void {
    const own = (users: readonly UserId[]) => listener(users);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  #end(node: NodeId): void {
    const lease = this.#leases.get(node);
    this.#leases.delete(node);
    if (lease !== undefined) this.#tell([...lease.sessions.values()]);
  }

  #tell(changed: readonly PresenceSession[]): void {
    const users = [...new Set(changed.map(({ user }) => user))];
    if (users.length === 0) return;
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
  }

  async close(): Promise<void> {
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

  async remove(node: NodeId, sessions: readonly SessionId[]): Promise<void> {
    this.#requireOpen();
    this.#registry.remove(node, sessions);
  }

  async of(users: readonly UserId[]): Promise<readonly HostedSession[]> {
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
