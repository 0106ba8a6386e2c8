import { ACK_EVERY_FRAMES, ACK_WITHIN_MS, type AckFrame, type ConversationId, HAVE_MAX } from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import type { Clock } from "../ports/clock.ts";

/** Longest time an event stays unacknowledged here, in ms: half of what is allowed, the rest is the way's. */
const ACK_AFTER_MS = ACK_WITHIN_MS / 2;

/** Time between two acknowledgements that name cursors, in ms. */
const MOVED_APART_MS = 1_000;

/** Counts one session's counted frames and acknowledges them, cumulatively. */
export class Arrivals {
  readonly #alarm: Alarm;
  readonly #clock: Clock;
  readonly #ack: (frame: AckFrame) => void;
  #received = 0;
  #acknowledged = 0;
  /** Cursors that pages have moved, and have not been named yet. */
  readonly #moved = new Map<ConversationId, number>();
  #movedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, ack: (frame: AckFrame) => void) {
    this.#clock = clock;
    this.#alarm = new Alarm(clock);
    this.#ack = ack;
  }

  /** Counted frames received so far. */
  get received(): number {
    return this.#received;
  }

  /** A counted frame has come, and is applied or held. */
  counted(): void {
    this.#received++;
    if (this.#received - this.#acknowledged >= ACK_EVERY_FRAMES) this.acknowledge();
    else if (!this.#alarm.isSet) this.#alarm.set(ACK_AFTER_MS, () => this.acknowledge());
  }

  /** A page has moved a cursor: what it has brought is delivered. */
  moved(c: ConversationId, seq: number): void {
    this.#moved.set(c, seq);
    if (!this.#alarm.isSet) this.#alarm.set(ACK_AFTER_MS, () => this.acknowledge());
  }

  /** Acknowledges all that has come, if there is anything new; `again`: also if there is not. */
  acknowledge(again = false): void {
    this.stop();
    const now = this.#clock.monotonic();
    const due = now - this.#movedAt >= MOVED_APART_MS;
    const d = due ? [...this.#moved].slice(0, HAVE_MAX) : [];
    if (this.#acknowledged !== this.#received || again || d.length > 0) {
      this.#acknowledged = this.#received;
      if (d.length > 0) this.#movedAt = now;
      for (const [c] of d) this.#moved.delete(c);
      this.#ack({ t: "ack", n: this.#received, ...(d.length > 0 && { d }) });
    }
    if (this.#moved.size > 0) this.#alarm.set(ACK_AFTER_MS, () => this.acknowledge());
  }

  stop(): void {
    this.#alarm.cancel();
  }
}
