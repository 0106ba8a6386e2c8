import { ChatError, LIMITS } from "@earshot/protocol";
import type { PollExchange } from "./poll-exchange.ts";

/** Polls that came before one with an earlier `k`: kept until their turn, within bounds, and not for ever. */
export class EarlyPolls {
  readonly #polls = new Map<number, PollExchange>();
  readonly #max: number;
  #size = 0;

  /** `max`: polls kept. */
  constructor(max: number) {
    this.#max = max;
  }

  get(k: number): PollExchange | undefined {
    return this.#polls.get(k);
  }

  /** Throws `rate_limited` if there is no room. */
  add(exchange: PollExchange): void {
    if (this.#polls.size >= this.#max || this.#size + exchange.size > LIMITS.httpBodyBytesMax) {
      throw new ChatError("rate_limited", "unable to take poll; too many wait for an earlier k", {
        retryAfterMs: 1_000,
      });
    }
    this.#polls.set(exchange.k, exchange);
    this.#size += exchange.size;
  }

  /** Takes one out. */
  take(k: number): PollExchange | undefined {
    const exchange = this.#polls.get(k);
    if (exchange === undefined) return undefined;
    this.#polls.delete(k);
    this.#size -= exchange.size;
    return exchange;
  }

  /** Refuses those that have waited since before `until`: what they wait for does not come. */
  giveUp(until: number): void {
    for (const { k, since } of this.#polls.values()) {
      if (since > until) continue;
      const why = "unable to take poll; those before it have not come";
      this.take(k)?.refuse(new ChatError("unavailable", why, { retryAfterMs: 1_000 }));
    }
  }

  /** The session is over. */
  clear(): void {
    for (const k of this.#polls.keys()) this.take(k)?.answer(null);
  }
}
