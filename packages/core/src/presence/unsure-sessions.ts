import type { SessionId } from "@earshot/protocol";

/** How long a call that failed may still take effect, behind others. */
const LATE_MS = 60_000;

interface Unsure {
  /** Monotonic ms. */
  until: number;
  /** Monotonic ms of the last sign of life of one that has gone; null: it is here. */
  goneAt: number | null;
}

/**
 * Sessions whose `put` failed, so that nobody knows when it takes effect: behind their removal it would leave a
 * ghost for as long as the node lives, behind a later `put` an old activity. What is true of them is written
 * again and again until that cannot be any more. Bounded by the sessions of the node, and those of a minute.
 */
export class UnsureSessions {
  readonly #sessions = new Map<SessionId, Unsure>();

  /** Their `put` has failed at `now` (monotonic ms). */
  add(sessions: Iterable<SessionId>, now: number): void {
    for (const session of sessions) {
      const known = this.#sessions.get(session);
      if (known === undefined) this.#sessions.set(session, { until: now + LATE_MS, goneAt: null });
      else known.until = now + LATE_MS;
    }
  }

  /** It has gone; `heardAt`: monotonic ms of its last sign of life. Of one that is not unsure nothing is kept. */
  gone(session: SessionId, heardAt: number): void {
    const known = this.#sessions.get(session);
    if (known !== undefined) known.goneAt = heardAt;
  }

  /** All of them, to be written again as they are; those whose time is over for the last time. */
  take(now: number): readonly (readonly [SessionId, goneAt: number | null])[] {
    const taken: (readonly [SessionId, number | null])[] = [];
    for (const [session, { until, goneAt }] of this.#sessions) {
      taken.push([session, goneAt]);
      if (now >= until) this.#sessions.delete(session);
    }
    return taken;
  }
}
