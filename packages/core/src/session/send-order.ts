import { ChatError, type ConversationId, type GatewayFrame, isChatError, type MessageId, type SendFrame, type SentFrame } from "@earshot/protocol";
import { errorFrame } from "./error-frame.ts";
import { SendLane } from "./send-lane.ts";

export interface SendOrderSurroundings {
  now(): number;
  /** ms until the rates let a send pass, 0: it passes and is charged. */
  take(c: ConversationId): number;
  /** Appends; sends with one `order` stay in the order given. */
  send(frame: SendFrame, order: object): Promise<SentFrame>;
  /** The answer of one that is stored already, else rejects with `blocked`. */
  sendBlocked(frame: SendFrame, retryAfterMs: number): Promise<SentFrame>;
  answer(frame: GatewayFrame): void;
  /** Something was answered: there may be room for more. */
  answered(): void;
}

interface Lane {
  readonly order: SendLane;
  /** Ids that are being appended. */
  readonly pending: Set<MessageId>;
  /** Of those, ids that the client has given up meanwhile. */
  readonly skipped: Set<MessageId>;
  /** Wait for the one that is being tried again. */
  held: SendFrame[];
}

/** One session's sends, each conversation in its order, each answered once (I11). */
export class SendOrder {
  readonly #house: SendOrderSurroundings;
  readonly #lanes = new Map<ConversationId, Lane>();
  /** Sends without an answer yet. */
  unanswered = 0;

  constructor(house: SendOrderSurroundings) {
    this.#house = house;
  }

  /** Conversations in which something is in flight or blocked. */
  get conversations(): number {
    return this.#lanes.size;
  }

  send(frame: SendFrame): void {
    let lane = this.#lanes.get(frame.c);
    if (lane === undefined) {
      lane = { order: new SendLane(), pending: new Set(), skipped: new Set(), held: [] };
      this.#lanes.set(frame.c, lane);
    }
    this.unanswered++;
    this.#admit(lane, frame);
  }

  /** The client gives up a send that was refused with `retry`; what waits behind it may pass. */
  skip(id: MessageId): void {
    for (const [c, lane] of this.#lanes) {
      if (lane.pending.has(id)) lane.skipped.add(id);
      else if (lane.order.settled(id)) this.#release(c, lane);
    }
  }

  #admit(lane: Lane, frame: SendFrame): void {
    const admission = lane.order.admit(frame.id, this.#house.now());
    switch (admission.kind) {
      case "hold":
        lane.held.push(frame);
        return;
      case "blocked":
        void this.#tell(lane, frame, this.#house.sendBlocked(frame, admission.retryAfterMs));
        return;
      case "append": {
        const wait = this.#house.take(frame.c);
        if (wait > 0) this.#settle(lane, frame, errorOfRate(wait));
        else void this.#append(lane, frame);
      }
    }
  }

  async #append(lane: Lane, frame: SendFrame): Promise<void> {
    lane.pending.add(frame.id);
    const outcome = await this.#house.send(frame, lane).catch(asError);
    lane.pending.delete(frame.id);
    this.#settle(lane, frame, outcome);
  }

  /** Answers a send that may block, or unblock, those behind it. */
  #settle(lane: Lane, frame: SendFrame, outcome: SentFrame | Error): void {
    const given = lane.skipped.delete(frame.id);
    const wait = isChatError(outcome) ? outcome.retryAfterMs : undefined;
    if (wait !== undefined && !given) lane.order.refused(frame.id, wait, this.#house.now());
    else lane.order.settled(frame.id);
    this.#answer(frame, outcome);
    this.#release(frame.c, lane);
    this.#house.answered();
  }

  async #tell(lane: Lane, frame: SendFrame, answer: Promise<SentFrame>): Promise<void> {
    this.#answer(frame, await answer.catch(asError));
    this.#release(frame.c, lane);
    this.#house.answered();
  }

  #answer(frame: SendFrame, outcome: SentFrame | Error): void {
    this.unanswered--;
    this.#house.answer("t" in outcome ? outcome : errorFrame(outcome, { id: frame.id, c: frame.c }));
  }

  /** Lets those that were held be decided again, and forgets a lane in which nothing is left. */
  #release(c: ConversationId, lane: Lane): void {
    const held = lane.held;
    lane.held = [];
    for (const frame of held) this.#admit(lane, frame);
    if (lane.order.clear && lane.pending.size === 0 && lane.held.length === 0) this.#lanes.delete(c);
  }
}

function errorOfRate(wait: number): ChatError {
  return new ChatError("rate_limited", "unable to send message; too many in too short a time", { retryAfterMs: wait });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error("a value that is no error was thrown");
}
