import { ChatError, type ConversationId, type Definition, type Epoch, type EventRow } from "@earshot/protocol";
import { EventEmitter } from "eventemitter3";
import type { Clock } from "../ports/clock.ts";
import type { ChatEvent, EventContext } from "../ports/hooks.ts";
import type { Logger } from "../ports/logger.ts";
import { frozen } from "./frozen.ts";
import { type OfflineSurroundings, offlineMembers } from "./offline-members.ts";

/** Told of an event that was written. What it gives is waited for by nobody; that it failed is logged. */
export type EventListener<D extends Definition = Definition> = (event: ChatEvent<D>, context: EventContext) => unknown;

export interface ListenersSurroundings extends OfflineSurroundings {
  readonly clock: Pick<Clock, "endOfTurn">;
  readonly logger: Logger;
}

/** Events of one conversation that this node has just written. */
interface Written {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly rows: readonly EventRow[];
}

/**
 * Tells the host of what this node has written, each event once at most: after a crash, or where the store's
 * answer was lost, not at all. Behind the deliveries and answers of the same turn.
 */
export class EventListeners {
  readonly #house: ListenersSurroundings;
  readonly #emitter = new EventEmitter<{ event: [ChatEvent, EventContext] }>();
  #written: Written[] = [];

  constructor(house: ListenersSurroundings) {
    this.#house = house;
  }

  /** Adds a listener. Returns its undo. Throws `invalid`. */
  on(name: "event", listener: EventListener): () => void {
    if (name !== "event" || typeof listener !== "function") {
      throw new ChatError("invalid", 'unable to listen; it takes "event" or "refused", and a function');
    }
    const safe = (event: ChatEvent, context: EventContext): void => {
      // Inside a promise: it may throw or reject, and harms neither the others nor the engine.
      new Promise((done) => done(listener(event, context))).catch((error: unknown) => this.#failed(event, error));
    };
    this.#emitter.on("event", safe);
    return () => void this.#emitter.off("event", safe);
  }

  /** Tells of these, at the end of the turn after this one. */
  tell(written: Written): void {
    if (this.#emitter.listenerCount("event") === 0) return;
    if (this.#written.length === 0) {
      // What this turn writes to sockets leaves at its end, some of it behind what is asked for now.
      const { clock } = this.#house;
      clock.endOfTurn(() => clock.endOfTurn(() => this.#emit()));
    }
    this.#written.push(written);
  }

  #emit(): void {
    const written = this.#written;
    this.#written = [];
    for (const { c, epoch, rows } of written) {
      for (const row of rows) {
        const event = frozen({ ...row, conversation: c, epoch });
        this.#emitter.emit("event", event, { offline: () => offlineMembers(this.#house, event) });
      }
    }
  }

  #failed({ conversation: c, seq }: ChatEvent, error: unknown): void {
    this.#house.logger.error({ c, seq, name: error instanceof Error ? error.name : typeof error }, "listener failed");
  }
}
