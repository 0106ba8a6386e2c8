import type { ConversationId, Epoch } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";

/** A place in a conversation's log. */
export interface ReadPosition {
  readonly epoch: Epoch;
  readonly head: number;
}

type Positions<S> = Map<ConversationId, Map<S, ReadPosition>>;

/** Shortest time that one is kept: what was on its way, or lost, when it was told has come by then. */
const KEPT_MS = 60_000;
/** How many are kept; of more those told first are forgotten, and what is late is told twice. */
const POSITIONS_MAX = 500_000;

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

  set(session: S, c: ConversationId, { epoch, head }: ReadPosition): void {
    this.#turn(this.#freshSize >= POSITIONS_MAX / 2);
    const sessions = this.#fresh.get(c) ?? new Map<S, ReadPosition>();
    this.#fresh.set(c, sessions);
    if (!sessions.has(session)) this.#freshSize++;
    sessions.set(session, { epoch, head });
  }

  /** The last seq that the session has or reads for itself; 0: none. */
  of(session: S, c: ConversationId, epoch: Epoch): number {
    this.#turn(false);
    const known = this.#fresh.get(c)?.get(session) ?? this.#old.get(c)?.get(session);
    return known?.epoch === epoch ? known.head : 0;
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
