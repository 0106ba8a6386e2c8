import { type ConversationId, type Epoch, type EventRow, isChatError } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";

/** Events of one conversation on their way to this node's sessions. */
export interface Arrival {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  /** Neighbouring seqs, ascending. */
  readonly rows: readonly EventRow[];
  /** After the last row; 0: not known, they were read from the log. */
  readonly membersVersion: number;
  /** For each row, the session that sent it; absent for what came from elsewhere. */
  readonly origins?: readonly (object | null)[];
}

export interface OrderGateSurroundings {
  readonly store: Pick<MessageStore, "range">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: { readonly heldEventsMax: number; readonly rememberedMax: number };
  /** Takes arrivals of one conversation in the order of seq, without a hole or a repeat. */
  pass(arrival: Arrival): void;
}

interface Gate {
  epoch: Epoch;
  last: number;
  held: Arrival[];
  repairing: boolean;
}

/** Wait before a hole is read again when the store could not answer. */
const REPAIR_RETRY_MS = 1_000;

/**
 * Where what this node committed meets what others tell of. Lets the events of a conversation pass
 * in seq order, once; what is early waits while the hole before it is read from the store, the truth
 * behind the hints (I26). A conversation never heard of starts with the first event that comes.
 */
export class OrderGate {
  readonly #house: OrderGateSurroundings;
  readonly #gates: LRUCache<ConversationId, Gate>;

  constructor(house: OrderGateSurroundings) {
    this.#house = house;
    this.#gates = new LRUCache({ max: house.limits.rememberedMax });
  }

  arrive(arrival: Arrival): void {
    const first = arrival.rows[0];
    if (first === undefined) return;
    const gate = this.#gateOf(arrival, first.seq - 1);
    if (first.seq <= gate.last + 1) {
      const [now, later] = beforeHeld(arrival, gate.held);
      this.#pass(gate, now);
      if (later !== null) gate.held.push(later);
      this.#release(gate);
    } else if (gate.held.length < this.#house.limits.heldEventsMax) {
      gate.held.push(arrival);
    }
    if (gate.held.length > 0 && !gate.repairing) void this.#repair(arrival.c, gate);
  }

  #gateOf({ c, epoch }: Arrival, last: number): Gate {
    const known = this.#gates.get(c);
    if (known !== undefined && known.epoch === epoch) return known;
    const gate: Gate = { epoch, last, held: [], repairing: false };
    this.#gates.set(c, gate);
    return gate;
  }

  #pass(gate: Gate, arrival: Arrival): void {
    const known = arrival.rows.findIndex((row) => row.seq > gate.last);
    if (known < 0) return;
    const { origins } = arrival;
    const news: Arrival =
      known === 0
        ? arrival
        : {
            ...arrival,
            rows: arrival.rows.slice(known),
            ...(origins === undefined ? {} : { origins: origins.slice(known) }),
          };
    gate.last = news.rows.at(-1)?.seq ?? gate.last;
    this.#house.pass(news);
  }

  #release(gate: Gate): void {
    if (gate.held.length === 0) return;
    const held = gate.held.sort((a, b) => (a.rows[0]?.seq ?? 0) - (b.rows[0]?.seq ?? 0));
    gate.held = [];
    for (const arrival of held) {
      if ((arrival.rows[0]?.seq ?? 0) <= gate.last + 1) this.#pass(gate, arrival);
      else gate.held.push(arrival);
    }
  }

  async #repair(c: ConversationId, gate: Gate): Promise<void> {
    gate.repairing = true;
    try {
      while (gate.held.length > 0 && this.#gates.peek(c) === gate) {
        const { last } = gate;
        const before = Math.min(...gate.held.map((arrival) => arrival.rows[0]?.seq ?? gate.last + 1));
        const page = await this.#house.store.range({
          conversation: c,
          view: "log",
          after: gate.last,
          before,
          from: "oldest",
          rows: 200,
          bytes: 262_144,
        });
        if (page === null || page.epoch !== gate.epoch) {
          gate.held = [];
        } else if (page.rows.length > 0) {
          // More may be held by now than when the hole was measured.
          const read: Arrival = { c, epoch: gate.epoch, rows: page.rows, membersVersion: 0 };
          this.#pass(gate, beforeHeld(read, gate.held)[0]);
        }
        this.#release(gate);
        if (gate.held.length > 0 && gate.last === last) throw new Error("the store does not have it yet");
      }
      gate.repairing = false;
    } catch (error) {
      if (isChatError(error) && error.code === "closed") return;
      this.#house.logger.warn({ c }, "unable to read a hole; trying again");
      this.#house.clock.after(REPAIR_RETRY_MS, () => void this.#repair(c, gate));
    }
  }
}

/**
 * What of an arrival comes before those that are held, and the rest: what was read, or told by others, must not
 * take the place of what this node knows the origins of. Pure.
 */
function beforeHeld(arrival: Arrival, held: readonly Arrival[]): readonly [now: Arrival, later: Arrival | null] {
  if (arrival.origins !== undefined || held.length === 0) return [arrival, null];
  const first = Math.min(...held.map(({ rows }) => rows[0]?.seq ?? Number.POSITIVE_INFINITY));
  const at = arrival.rows.findIndex(({ seq }) => seq >= first);
  if (at < 0) return [arrival, null];
  return [
    { ...arrival, rows: arrival.rows.slice(0, at), membersVersion: 0 },
    { ...arrival, rows: arrival.rows.slice(at) },
  ];
}
