import type { NodeId, SessionId, UserId } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Activity, PresenceSession, PresenceStore } from "../ports/presence-store.ts";
import { CountedSessions } from "./counted-sessions.ts";
import { Departures } from "./departures.ts";
import { PresenceWriter } from "./presence-writer.ts";

/** Who comes back within this was never away (trap 19). */
const ANTI_FLAP_MS = 5_000;
/** Longest from a departure to what watchers are told: a second of merging, the write, and a slice of departures. */
const TOLD_WITHIN_MS = 1_500;

export interface PresenceTrackerSurroundings {
  readonly node: NodeId;
  readonly store: Pick<PresenceStore, "lease" | "put" | "remove" | "of">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: { readonly heartbeatMs: number };
  /** This node's own sessions of the user have changed, whatever the store knows of it yet. */
  changed(user: UserId): void;
  /** The store has failed this node. */
  failed(): void;
}

/** How a session left. */
export interface Leaving {
  /** By a goodbye: `bye`, or a close frame from the client; or its device is elsewhere already. */
  readonly clean: boolean;
  /** The gateway ended it, and its client does not come back: nobody waits for it. Default false. */
  readonly forGood?: boolean;
  /** Monotonic ms of its last sign of life. */
  readonly heardAt: number;
}

/**
 * Decides which sessions of this node count as here, and has the store told. Liveness only: nothing is
 * correct because of it, and a store that fails costs nothing else.
 */
export class PresenceTracker {
  readonly #house: PresenceTrackerSurroundings;
  readonly #sessions = new CountedSessions();
  readonly #departures: Departures;
  readonly #writer: PresenceWriter;
  #stopped = false;

  constructor(house: PresenceTrackerSurroundings) {
    this.#house = house;
    this.#writer = new PresenceWriter({ ...house, session: (id) => this.#sessions.get(id) });
    const gone = (sessions: readonly SessionId[]): void => {
      for (const session of sessions) this.#depart(session);
    };
    this.#departures = new Departures({ clock: house.clock, graceMs: ANTI_FLAP_MS, gone });
  }

  /** Sessions that count as here; back at 0 some seconds after the last one has left. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Takes the lease and goes on renewing it. Rejects if the store does not answer. */
  start(): Promise<void> {
    return this.#writer.start();
  }

  /** Lets the lease run out: whoever comes back on another node within the time of a flap was never away. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#departures.clear();
    this.#sessions.clear();
    await this.#writer.stop(ANTI_FLAP_MS);
  }

  /** A session was welcomed. An earlier one of the same device that has left is not waited for any longer. */
  enter({ session, user, device, activity }: PresenceSession): void {
    if (this.#stopped) return;
    this.#sessions.set({ session, user, device, activity, leftAt: null });
    for (const other of this.#sessions.of(user)) {
      if (other.device === device && other.leftAt !== null) this.#depart(other.session);
    }
    this.#tell(session, user);
  }

  /** What the device says of itself. Of a session that is not here any more: nothing happens. */
  activity(session: SessionId, activity: Activity): void {
    const known = this.#sessions.get(session);
    if (known === undefined || known.leftAt !== null || known.activity === activity) return;
    this.#sessions.set({ ...known, activity });
    this.#tell(session, known.user);
  }

  /**
   * A session has ended. It counts as here until it cannot be a blip any more, or at once where the
   * same device is here anew: a late close takes nothing away from a newer session.
   */
  leave({ session }: Pick<PresenceSession, "session">, { clean, forGood = false, heardAt }: Leaving): void {
    const known = this.#sessions.get(session);
    if (known === undefined || known.leftAt !== null) return;
    this.#sessions.set({ ...known, leftAt: heardAt });
    const here = this.#sessions.of(known.user);
    if (forGood || here.some((other) => other.device === known.device && other.leftAt === null)) {
      this.#depart(session);
      return;
    }
    const { clock, limits } = this.#house;
    const silence = heardAt + 2 * limits.heartbeatMs + ANTI_FLAP_MS - TOLD_WITHIN_MS;
    this.#departures.add(session, clean ? clock.monotonic() + ANTI_FLAP_MS : silence);
  }

  /** This node's sessions of a user that count as here. */
  of(user: UserId): readonly PresenceSession[] {
    return this.#sessions.of(user);
  }

  /** How many of these users have a session on this node that others may see. */
  online(users: Iterable<UserId>): number {
    return this.#sessions.online(users);
  }

  #tell(session: SessionId, user: UserId): void {
    this.#writer.put(session);
    this.#house.changed(user);
  }

  #depart(session: SessionId): void {
    const known = this.#sessions.get(session);
    if (known === undefined) return;
    this.#departures.delete(session);
    this.#sessions.delete(known);
    this.#writer.remove(session, known.leftAt ?? this.#house.clock.monotonic());
    this.#house.changed(known.user);
  }
}
