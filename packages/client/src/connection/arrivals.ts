import { LIMITS } from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import type { Clock } from "../ports/clock.ts";

/** Longest time an event stays unacknowledged here, in ms: half of what is allowed, the rest is the way's. */
const ACK_WITHIN_MS = LIMITS.ackWithinMs / 2;

/** Counts one session's counted frames and acknowledges them, cumulatively. */
export class Arrivals {
  readonly #alarm: Alarm;
  readonly #ack: (n: number) => void;
  #received = 0;
  #acknowledged = 0;

  constructor(clock: Clock, ack: (n: number) => void) {
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
    if (this.#received - this.#acknowledged >= LIMITS.ackEveryFrames) this.acknowledge();
    else if (!this.#alarm.isSet) this.#alarm.set(ACK_WITHIN_MS, () => this.acknowledge());
  }

  /** Acknowledges all that has come, if there is anything new; `again`: also if there is not. */
  acknowledge(again = false): void {
    this.stop();
    if (this.#acknowledged === this.#received && !again) return;
    this.#acknowledged = this.#received;
    this.#ack(this.#received);
  }

  stop(): void {
    this.#alarm.cancel();
  }
}
