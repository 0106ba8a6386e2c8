import { ChatError, type ConversationId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";

interface Turns {
  waiting: number;
  last: Promise<unknown>;
}

/**
 * Changes of conversations: each is decided by what was read, appended only if that still holds, and
 * else decided anew. On this node those of one conversation take turns, so that they do not fail each other.
 */
export class Changes {
  readonly #turns = new Map<ConversationId, Turns>();
  readonly #waitingMax: number;

  constructor(limits: { readonly changesWaitingMax: number }) {
    this.#waitingMax = limits.changesWaitingMax;
  }

  /** Conversations that are being changed. */
  get size(): number {
    return this.#turns.size;
  }

  /**
   * Runs `attempt` in its turn until it gives something but null, which says that others came between.
   * Rejects as it does, and with `unavailable` and a wait if they never stop, or if too many wait already.
   */
  async decide<Outcome>(c: ConversationId, action: string, attempt: () => Promise<Outcome | null>): Promise<Outcome> {
    const turns = this.#turns.get(c) ?? { waiting: 0, last: Promise.resolve() };
    if (turns.waiting >= this.#waitingMax) throw busy(action);
    this.#turns.set(c, turns);
    turns.waiting++;
    const turn = turns.last.then(() => untilDecided(action, attempt));
    turns.last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      if (--turns.waiting === 0) this.#turns.delete(c);
    }
  }
}

async function untilDecided<Outcome>(action: string, attempt: () => Promise<Outcome | null>): Promise<Outcome> {
  for (let tries = 0; tries < FIXED_LIMITS.changeTriesMax; tries++) {
    const outcome = await attempt();
    if (outcome !== null) return outcome;
  }
  throw busy(action);
}

function busy(action: string): ChatError {
  return new ChatError("unavailable", `unable to ${action}; others keep changing it`, { retryAfterMs: 1_000 });
}
