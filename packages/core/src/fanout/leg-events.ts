import type { ConversationId, Epoch, EventRow } from "@earshot/protocol";
import { type FannedEvents, slice } from "./fanned-events.ts";

/** A leg's events, or some of them: nothing is encoded before the first session here is to be handed one. */
export class LegEvents {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly rows: readonly EventRow[];
  readonly #encode: () => FannedEvents;
  #encoded: FannedEvents | null = null;

  /** `encode` is called once at most. */
  constructor(c: ConversationId, epoch: Epoch, rows: readonly EventRow[], encode: () => FannedEvents) {
    this.c = c;
    this.epoch = epoch;
    this.rows = rows;
    this.#encode = encode;
  }

  get isEncoded(): boolean {
    return this.#encoded !== null;
  }

  get encoded(): FannedEvents {
    this.#encoded ??= this.#encode();
    return this.#encoded;
  }

  /** Events `from` up to, and without, `to`. */
  part(from: number, to: number): LegEvents {
    const { c, epoch, rows } = this;
    if (from === 0 && to === rows.length) return this;
    return new LegEvents(c, epoch, rows.slice(from, to), () => slice(this.encoded, from, to));
  }
}
