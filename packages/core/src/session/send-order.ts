import {
  ChatError,
  type ConversationId,
  type ErrorFrame,
  isChatError,
  type MessageId,
  type SendFrame,
  type SentFrame,
} from "@earshot/protocol";
import { errorFrame } from "./error-frame.ts";
import { SendLane } from "./send-lane.ts";

export interface SendOrderSurroundings {
  /** ms until the rates let a send pass, 0: it passes and is charged. */
  take(c: ConversationId): number;
  /** Appends; sends with one `order` stay in the order given. */
  send(frame: SendFrame, order: LaneOrder): Promise<SentFrame>;
  /** The answer of one that is stored already, else rejects with `blocked`. */
  sendBlocked(frame: SendFrame, retryAfterMs: number): Promise<SentFrame>;
  answer(frame: SentFrame | ErrorFrame): void;
  /** Something was answered: there may be room for more. */
  answered(): void;
}

/** What of it has to be known as soon as the engine knows it. */
export interface LaneOrder {
  /** Something of it is refused with this wait, and told in a moment: what comes from now on stands behind it. */
  shut(retryAfterMs: number): void;
}

class Lane implements LaneOrder {
  readonly order = new SendLane();
  /** Ids that have sends without an answer: how many, and whether the client has no more to wait for. */
  readonly open = new Map<MessageId, { sends: number; done: boolean }>();
  /** Wait for the one that is being tried again; null: none does. */
  held: SendFrame[] | null = null;

  shut(retryAfterMs: number): void {
    this.order.shut(retryAfterMs);
  }
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
      lane = new Lane();
      this.#lanes.set(frame.c, lane);
    }
    const open = lane.open.get(frame.id);
    if (open === undefined) lane.open.set(frame.id, { sends: 1, done: false });
    else open.sends++;
    this.unanswered++;
    this.#admit(lane, frame);
  }

  /**
   * The client waits for `id` no longer: it gave up a send that was refused with `retry`, or a repeat was
   * refused for good before it came here. What waits behind it may pass.
   */
  skip(id: MessageId): void {
    for (const [c, lane] of this.#lanes) {
      const open = lane.open.get(id);
      if (open !== undefined) open.done = true;
      if (lane.order.settled(id)) this.#release(c, lane);
    }
  }

  #admit(lane: Lane, frame: SendFrame): void {
    const admission = lane.order.admit(frame.id);
    switch (admission.kind) {
      case "hold":
        lane.held ??= [];
        lane.held.push(frame);
        return;
      case "blocked":
        void this.#tell(lane, frame, this.#house.sendBlocked(frame, admission.retryAfterMs));
        return;
      case "append": {
        const wait = this.#house.take(frame.c);
        if (wait > 0) this.#settle(lane, frame, admission.turn, errorOfRate(wait));
        else void this.#append(lane, frame, admission.turn);
      }
    }
  }

  async #append(lane: Lane, frame: SendFrame, turn: number): Promise<void> {
    let outcome: SentFrame | Error;
    try {
      outcome = await this.#house.send(frame, lane);
    } catch (error) {
      outcome = asError(error);
    }
    this.#settle(lane, frame, turn, outcome);
  }

  async #tell(lane: Lane, frame: SendFrame, answer: Promise<SentFrame>): Promise<void> {
    this.#settle(lane, frame, null, await answer.catch(asError));
  }

  /** Answers a send, which may block those behind it, or let them pass. `turn`: null if it never had one. */
  #settle(lane: Lane, frame: SendFrame, turn: number | null, outcome: SentFrame | Error): void {
    const wait = isChatError(outcome) ? outcome.retryAfterMs : undefined;
    const done = this.#close(lane, frame.id, wait === undefined);
    if (turn !== null) lane.order.landed();
    if (done) lane.order.settled(frame.id);
    else if (turn !== null && wait !== undefined) lane.order.refused(frame.id, turn, wait);
    this.unanswered--;
    this.#house.answer("t" in outcome ? outcome : errorFrame(outcome, { id: frame.id, c: frame.c }));
    this.#release(frame.c, lane);
    this.#house.answered();
  }

  /**
   * One send of an id is answered. Whether the client has no more to wait for: given up, or answered
   * without `retry`, be it by another send of the same id. Such a one blocks nobody: it never comes again.
   */
  #close(lane: Lane, id: MessageId, last: boolean): boolean {
    const open = lane.open.get(id);
    if (open === undefined) return last;
    open.done ||= last;
    if (--open.sends === 0) lane.open.delete(id);
    return open.done;
  }

  /** Lets those that were held be decided again, and forgets a lane in which nothing is left. */
  #release(c: ConversationId, lane: Lane): void {
    const { held } = lane;
    lane.held = null;
    for (const frame of held ?? []) this.#admit(lane, frame);
    if (lane.order.clear && lane.open.size === 0) this.#lanes.delete(c);
  }
}

function errorOfRate(wait: number): ChatError {
  return new ChatError("rate_limited", "unable to send message; too many in too short a time", { retryAfterMs: wait });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error("a value that is no error was thrown");
}
