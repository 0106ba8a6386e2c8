import type { ConversationId } from "@earshot/protocol";
import type { EncodedFrames } from "../ports/transport.ts";

/** State on its way to one session. */
export interface OutgoingSignal {
  readonly c: ConversationId;
  /** While the socket is full the latest under one key waits; null: it is dropped. */
  readonly key: string | null;
  readonly frame: EncodedFrames;
}

/** The latest signals of a session whose socket is full, by key, in the order in which they first had to wait. Bounded. */
export class HeldSignals {
  readonly #signals = new Map<string, OutgoingSignal>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#signals.size;
  }

  /** Keeps a signal in place of the one before it. false: there is no room. */
  hold(signal: OutgoingSignal): boolean {
    if (signal.key === null) return true;
    if (!this.#signals.has(signal.key) && this.#signals.size >= this.#max) return false;
    this.#signals.set(signal.key, signal);
    return true;
  }

  /** Takes the first; null: there is none. */
  take(): EncodedFrames | null {
    for (const [key, { frame }] of this.#signals) {
      this.#signals.delete(key);
      return frame;
    }
    return null;
  }

  /** Forgets those of one conversation. */
  forget(c: ConversationId): void {
    for (const [key, signal] of this.#signals) if (signal.c === c) this.#signals.delete(key);
  }

  /** Forgets all, and gives the conversations they were of. */
  giveUp(): ReadonlySet<ConversationId> {
    const conversations = new Set([...this.#signals.values()].map(({ c }) => c));
    this.#signals.clear();
    return conversations;
  }
}
