import type { ConversationId, Epoch } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock } from "../ports/clock.ts";

/** A place in a conversation's log. */
export interface ReadPosition {
  readonly epoch: Epoch;
  readonly head: number;
}

interface Known {
  epoch: Epoch;
  head: number;
  /** As of which seq the store said that the user is a member; 0: it was not asked. A cursor is only what a client says. */
  rightsAt: number;
}

type Positions<S> = Map<ConversationId, Map<S, Known>>;

/** Shortest time that one is kept: what was on its way, or lost, when it was told has come by then. */
const KEPT_MS = 60_000;

/**
 * Up to where sessions that have just presented a cursor read the log for themselves: what comes late of that is not
 * told again (I16), though others on this node may still wait for it. Kept for one to two minutes.
 */
export class ReadPositions<S extends object> {
  readonly #clock: Pick<Clock, "monotonic">;
  #fresh: Positions<S> = new Map();
  #old: Positions<S> = new Map();
  #freshSize = 0;
  /** When the fresh ones began, monotonic ms. */
  #since = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** `isMember`: the store says so as of there; else it is a cursor that the client presents. */
  set(session: S, c: ConversationId, { epoch, head }: ReadPosition, isMember: boolean): void {
    this.#turn(this.#freshSize >= FIXED_LIMITS.readPositionsMax / 2);
    const sessions = this.#fresh.get(c) ?? new Map<S, Known>();
    if (sessions.size === 0) this.#fresh.set(c, sessions);
    const fresh = sessions.get(session);
    const known = fresh ?? this.#old.get(c)?.get(session);
    const rightsAt = isMember ? head : known?.epoch === epoch ? known.rightsAt : 0;
    if (fresh === undefined) {
      this.#freshSize++;
      sessions.set(session, { epoch, head, rightsAt });
    } else {
      fresh.epoch = epoch;
      fresh.head = head;
      fresh.rightsAt = rightsAt;
    }
  }

  /** The last seq that the session has or reads for itself; 0: none. */
  of(session: S, c: ConversationId, epoch: Epoch): number {
    return this.#known(session, c, epoch)?.head ?? 0;
  }

  /** As of which seq the session's user was known to be a member when it began to read for itself; 0: it is not known. */
  rightsAt(session: S, c: ConversationId, epoch: Epoch): number {
    return this.#known(session, c, epoch)?.rightsAt ?? 0;
  }

  #known(session: S, c: ConversationId, epoch: Epoch): Known | null {
    this.#turn(false);
    const known = this.#fresh.get(c)?.get(session) ?? this.#old.get(c)?.get(session);
    return known?.epoch === epoch ? known : null;
  }

  #turn(full: boolean): void {
    const agoMs = this.#clock.monotonic() - this.#since;
    if (agoMs < KEPT_MS && !full) return;
    this.#old = agoMs < 2 * KEPT_MS ? this.#fresh : new Map();
    this.#fresh = new Map();
    this.#freshSize = 0;
    this.#since = this.#clock.monotonic();
  }
}
