import { ChatError } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import { EarlyPolls } from "./early-polls.ts";
import { type Poll, type PollAnswer, PollExchange } from "./poll-exchange.ts";
import { NO_FRAMES, type Taken } from "./poll-queue.ts";

export interface PollOrderSurroundings {
  readonly clock: Pick<Clock, "monotonic">;
  readonly limits: { readonly earlyPollsMax: number };
  /** Throws if what it says cannot be taken now. */
  makeRoom(poll: PollExchange): void;
  /** It is the turn of this one, which hangs from now on. */
  took(poll: PollExchange): void;
  /** Somebody asked again for the one that hangs. `waits`: not for an answer at once. */
  again(waits: boolean): void;
  /** Nobody waits for the first one any longer. */
  abandoned(): void;
}

/** The poll that opens a session. */
const FIRST_POLL = 1;

/** One session's polls in the order of `k`, whatever order they come in: one hangs, the one before it has its answer kept, later ones wait. */
export class PollOrder {
  readonly #house: PollOrderSurroundings;
  readonly #early: EarlyPolls;
  #hanging: PollExchange | null = null;
  #taken = 0;
  #answered: { readonly k: number; readonly texts: readonly string[] } | null = null;
  #answeredBytes = 0;
  #over = false;

  constructor(house: PollOrderSurroundings) {
    this.#house = house;
    this.#early = new EarlyPolls(house.limits.earlyPollsMax);
  }

  /** Whether a poll has no answer yet. */
  get hangs(): boolean {
    return this.#hanging !== null;
  }

  /** Whether there was none but the first. */
  get first(): boolean {
    return this.#taken === FIRST_POLL;
  }

  /** Whether somebody waits for its answer. */
  get awaited(): boolean {
    return this.#hanging !== null && this.#hanging.waiting > 0;
  }

  /** Bytes of the last answer, until the next poll shows that it has arrived. */
  get answeredBytes(): number {
    return this.#answeredBytes;
  }

  /** See `PollConnection.poll`. */
  async ask(poll: Poll, signal: AbortSignal): Promise<PollAnswer> {
    if (poll.k <= this.#taken) return this.#repeat(poll, signal);
    if (this.#over) return null;
    const known = this.#early.get(poll.k);
    if (known !== undefined) return this.#join(known, signal);
    const exchange = new PollExchange(poll, this.#house.clock.monotonic());
    const isNext = poll.k === this.#taken + 1;
    if (isNext) this.#house.makeRoom(exchange);
    else this.#early.add(exchange);
    const answer = this.#join(exchange, signal);
    if (isNext) this.#take(exchange);
    return answer;
  }

  /** Answers the one that hangs, if one does. */
  answer({ texts, bytes }: Taken): void {
    const hanging = this.#hanging;
    if (hanging === null) return;
    this.#hanging = null;
    this.#answered = { k: hanging.k, texts };
    this.#answeredBytes = bytes;
    hanging.answer(texts);
  }

  /** The last answer has arrived: its bytes count no longer. Whether there were any. */
  release(): boolean {
    const released = this.#answeredBytes > 0;
    this.#answeredBytes = 0;
    return released;
  }

  /** Keeps the last answer for who asks again only if it has at most `bytesMax`. */
  trim(bytesMax: number): void {
    if (this.#answeredBytes > bytesMax) this.#answered = null;
  }

  /** Once a second: gives up early polls that have waited since before `until`; whether the one that hangs has too. */
  sweep(until: number): boolean {
    this.#early.giveUp(until);
    return this.#hanging !== null && this.#hanging.since <= until;
  }

  /** Takes no new polls any longer. */
  close(): void {
    this.#over = true;
    this.#early.clear();
  }

  /** Nobody is left to answer: who waits is told that there is no such session. */
  end(): void {
    this.close();
    this.#hanging?.answer(null);
    this.#hanging = null;
  }

  #take(exchange: PollExchange): void {
    this.#taken = exchange.k;
    // Empty, since nobody knows whether its client still waits for it; what there is comes with the new one.
    this.answer(NO_FRAMES);
    this.#hanging = exchange;
    this.#house.took(exchange);
    const next = this.#early.take(this.#taken + 1);
    if (next === undefined) return;
    try {
      this.#house.makeRoom(next);
    } catch (error) {
      next.refuse(error as ChatError);
      return;
    }
    this.#take(next);
  }

  async #repeat({ k, waits }: Poll, signal: AbortSignal): Promise<PollAnswer> {
    const hanging = this.#hanging;
    if (hanging?.k !== k) return this.#answered?.k === k ? this.#answered.texts : null;
    if (hanging.waiting >= this.#house.limits.earlyPollsMax) {
      throw new ChatError("rate_limited", "unable to take poll; it was repeated too often", { retryAfterMs: 1_000 });
    }
    hanging.since = this.#house.clock.monotonic();
    const answer = this.#join(hanging, signal);
    this.#house.again(waits);
    return answer;
  }

  #join(exchange: PollExchange, signal: AbortSignal): Promise<PollAnswer> {
    return exchange.join(signal, () => {
      if (exchange.waiting > 0) return;
      if (exchange === this.#early.get(exchange.k)) this.#early.take(exchange.k);
      else if (exchange.k === FIRST_POLL && exchange === this.#hanging) this.#house.abandoned();
    });
  }
}
