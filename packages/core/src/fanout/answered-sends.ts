import type { ConversationId, Epoch } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { Clock } from "../ports/clock.ts";
import type { Origin, Origins } from "./fanned-events.ts";

interface Told<S> {
  readonly epoch: Epoch;
  /** One that comes back repeats what the one before it has sent, as two tabs of one queue do. */
  readonly sessions: ReadonlySet<S>;
  /** When, monotonic ms. */
  readonly at: number;
}

/** How long what such an answer told of may still be on its way, from another node or the store. */
const KEPT_MS = 120_000;

/**
 * Sends that were answered before their event went on to those it is for: as stored already, by another node or an
 * earlier run of this one, or while a hole before it is read. `sent` was its delivery to that session, and no event
 * follows it there (I13). Bounded, and for a while.
 */
export class AnsweredSends<S extends object> {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #told: LRUCache<string, Told<S>>;

  constructor(clock: Pick<Clock, "monotonic">, limits: { readonly answeredSendsMax: number }) {
    this.#clock = clock;
    this.#told = new LRUCache({ max: limits.answeredSendsMax });
  }

  /** The session was told by `sent`. */
  add(session: S, c: ConversationId, epoch: Epoch, seq: number): void {
    const key = `${c} ${seq}`;
    const before = this.#told.peek(key);
    const sessions = new Set([...(before?.epoch === epoch ? before.sessions : []), session]);
    this.#told.set(key, { epoch, sessions, at: this.#clock.monotonic() });
  }

  /** Whose sends these are, as far as that is not known from their commit. */
  origins(
    c: ConversationId,
    epoch: Epoch,
    rows: readonly { readonly seq: number }[],
    known?: Origins,
  ): Origins | undefined {
    if (this.#told.size === 0) return known;
    const since = this.#clock.monotonic() - KEPT_MS;
    const found = rows.map(({ seq }, index): Origin => {
      const told = this.#told.peek(`${c} ${seq}`);
      const own = known?.[index] ?? null;
      if (told?.epoch !== epoch || told.at <= since) return own;
      return own === null ? told.sessions : new Set<object>([...told.sessions, own]);
    });
    return found.every((origin) => origin === null) ? known : found;
  }
}
