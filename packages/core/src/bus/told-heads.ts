import { type ConversationId, isChatError } from "@earshot/protocol";
import type { Head } from "../ports/bus.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { ToldHead } from "./gate.ts";
import type { OrderGate } from "./order-gate.ts";

export interface ToldHeadsSurroundings {
  readonly clock: Pick<Clock, "after">;
  readonly logger: Logger;
  readonly limits: { readonly rememberedMax: number };
  readonly gate: Pick<OrderGate, "against" | "behind" | "newest" | "forget">;
  /** Whether somebody on this node subscribed to it. */
  subscribed(c: ConversationId): boolean;
  /** Whether what comes next may be for somebody on this node, as far as it is known who was told of what came last. */
  concerns(told: ToldHead): boolean;
  /** Whether one of its members, as of `membersVersion` or later, is on this node. Rejects as the store does. */
  memberHere(told: ToldHead): Promise<boolean>;
  /** A `pull` conversation may have news for those who named it and did not subscribe. */
  news(told: ToldHead): void;
  gone(c: ConversationId): void;
}

/** Wait before the store is asked again when it could not answer. */
const ASK_AGAIN_MS = 1_000;

/**
 * Where conversations stand, as others say, against what has passed here: what has not come is read from the store
 * and passed on (I26). Of a conversation that nobody here has heard of only the newest event is: who gets it finds
 * the hole before it. Whether somebody here is a member of such a one is asked of the store, one after the other.
 */
export class ToldHeads {
  readonly #house: ToldHeadsSurroundings;
  /** Conversations of which it has to be asked. Bounded by as many as are remembered at all; of more the next event tells. */
  readonly #unknown = new Map<ConversationId, ToldHead>();
  #asking = false;
  #again: Timer | null = null;

  constructor(house: ToldHeadsSurroundings) {
    this.#house = house;
  }

  /** Conversations of which it is asked who is here. */
  get size(): number {
    return this.#unknown.size;
  }

  /** `all`: also those of conversations that nobody here has heard of. */
  take(heads: readonly Head[], all: boolean): void {
    const { gate, subscribed, concerns, news, gone, limits } = this.#house;
    for (const head of heads) {
      if ("gone" in head) {
        gone(head.c);
        continue;
      }
      news(head);
      if (gate.against(head) === "even") continue;
      if (!concerns(head)) gate.forget(head.c);
      else if (gate.behind(head)) continue;
      if (subscribed(head.c)) gate.newest(head);
      else if (all && head.mode === "push" && this.#unknown.size < limits.rememberedMax)
        this.#unknown.set(head.c, head);
    }
    if (!this.#asking && this.#unknown.size > 0) void this.#ask();
  }

  stop(): void {
    this.#again?.cancel();
    this.#unknown.clear();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#again = null;
    try {
      for (let [next] = this.#unknown; next !== undefined; [next] = this.#unknown) {
        const [c, told] = next;
        if (await this.#house.memberHere(told)) this.#house.gate.newest(told);
        if (this.#unknown.get(c) === told) this.#unknown.delete(c);
      }
      this.#asking = false;
    } catch (error) {
      if (isChatError(error) && error.code === "closed") return;
      this.#house.logger.warn({}, "unable to read who is concerned by a change; trying again");
      this.#again = this.#house.clock.after(ASK_AGAIN_MS, () => void this.#ask());
    }
  }
}
