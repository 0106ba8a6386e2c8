import { ChatError, type SentFrame } from "@earshot/protocol";
import type { Append } from "../ports/append.ts";
import type { Order } from "./next-batch.ts";
import { SharedVerdicts } from "./shared-verdicts.ts";

/**
 * Sends about which the host is asked before they are appended. Several of one order are asked about at
 * once, but each is appended, or refused, only when those before it are on their way to the store or refused
 * (I11); and when one is refused with a wait, those behind it are `blocked`. Its size is bounded by what
 * sessions may have unanswered.
 */
export class HostQueue {
  readonly #orders = new Map<Order, Place[]>();
  /** What is to be appended by the host's leave, or was sent before: one word for all copies of a send. */
  readonly verdicts = new SharedVerdicts<Append | SentFrame>();

  /** Orders of which something is with the host; where there are none, sends of no order. */
  get size(): number {
    return this.#orders.size || this.verdicts.size;
  }

  /** Whether something of this order is with the host, so that what comes now has to wait behind it. */
  holds(order: Order): boolean {
    return this.#orders.has(order);
  }

  /** The last place of an order; to be left in any case. */
  enter(order: Order): Place {
    let places = this.#orders.get(order);
    if (places === undefined) {
      places = [];
      this.#orders.set(order, places);
    }
    const place = new Place(places, () => {
      if (places.length === 0 && this.#orders.get(order) === places) this.#orders.delete(order);
    });
    places.push(place);
    return place;
  }

  /** Something of the order that was on its way to the store was refused with a wait: what stands here came later. */
  refused(order: Order, retryAfterMs: number): void {
    order.shut?.(retryAfterMs);
    for (const place of this.#orders.get(order) ?? []) place.block(retryAfterMs);
  }
}

/** One send's place in its order. */
export class Place {
  readonly #places: Place[];
  readonly #left: () => void;
  readonly #blocked: Promise<never>;
  #beFirst = (): void => {};
  #beBlocked = (_: ChatError): void => {};
  #refusal: ChatError | null = null;
  /** Resolves when all before it have left. */
  readonly first: Promise<void>;

  constructor(places: Place[], left: () => void) {
    this.#places = places;
    this.#left = left;
    this.first = new Promise((resolve) => {
      this.#beFirst = resolve;
      if (places.length === 0) resolve();
    });
    this.#blocked = new Promise((_, reject) => {
      this.#beBlocked = reject;
    });
    // It may be heard by nobody, who has left.
    this.#blocked.catch(() => {});
  }

  /** Waits for what the host is asked. Rejects as that does, or with `blocked` as soon as one before it was refused with a wait. */
  asked<Answer>(answer: Promise<Answer>): Promise<Answer> {
    return Promise.race([answer, this.#blocked]);
  }

  /** Calls `append` and leaves, in one moment; only of the first. Throws `blocked`. */
  pass<Result>(append: () => Result): Result {
    if (this.#refusal !== null) throw this.#refusal;
    const appended = append();
    this.leave();
    return appended;
  }

  /** It is refused with a wait: so are those behind it. */
  refuse(retryAfterMs: number): void {
    const at = this.#places.indexOf(this);
    for (const place of this.#places.slice(at + 1)) place.block(retryAfterMs);
  }

  block(retryAfterMs: number): void {
    if (this.#refusal !== null) return;
    const why = "unable to send message; an earlier one has to be answered first";
    this.#refusal = new ChatError("blocked", why, { retryAfterMs });
    this.#beBlocked(this.#refusal);
  }

  /** Lets the next one pass. Once is enough. */
  leave(): void {
    const at = this.#places.indexOf(this);
    if (at < 0) return;
    this.#places.splice(at, 1);
    const next = this.#places[0];
    if (at === 0 && next !== undefined) next.#beFirst();
    this.#left();
  }
}
