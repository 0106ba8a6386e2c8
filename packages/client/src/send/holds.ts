import type { ConversationId } from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import { atLeast } from "../jitter.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { QueuedSend } from "./queued-send.ts";

/** Shortest wait after a refusal with `retry`, in ms: a `retry` of 0 must not become a loop. */
const RETRY_MIN_MS = 50;

interface Hold {
  /** Monotonic time until which nothing goes out. */
  until: number;
  /** The refused send for which the gateway holds the others back; null on a new session, which starts unblocked. */
  blocker: QueuedSend | null;
  readonly alarm: Alarm;
}

/** Conversations whose sends wait, because one was refused with `retry`. */
export class Holds {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onOver: () => void;
  readonly #holds = new Map<ConversationId, Hold>();

  /** `onOver`: the time of some hold is over. */
  constructor(clock: Clock, random: Random, onOver: () => void) {
    this.#clock = clock;
    this.#random = random;
    this.#onOver = onOver;
  }

  /** Those in flight are refused already, as will be told: nothing more of the conversation goes out before that. */
  behind(c: ConversationId): void {
    if (!this.#holds.has(c)) this.#holds.set(c, { until: 0, blocker: null, alarm: new Alarm(this.#clock) });
  }

  /**
   * A send was refused: nothing of its conversation goes out for at least `retryAfterMs`. `isBefore`: whether it was
   * written before another one.
   */
  refused(send: QueuedSend, retryAfterMs: number, isBefore: (other: QueuedSend) => boolean): void {
    const { conversation } = send;
    const hold = this.#holds.get(conversation) ?? { until: 0, blocker: null, alarm: new Alarm(this.#clock) };
    this.#holds.set(conversation, hold);
    // the earliest of those refused is the one for which the others are `blocked`, also where a later one was told first
    if (hold.blocker === null || isBefore(hold.blocker)) hold.blocker = send;
    const waitMs = atLeast(Math.max(RETRY_MIN_MS, retryAfterMs), this.#random);
    hold.until = this.#clock.monotonic() + waitMs;
    hold.alarm.set(waitMs, this.#onOver);
  }

  /** Whether a conversation's next send may go: when the time is over, and all others in flight are answered. */
  mayGo(c: ConversationId, inFlight: Iterable<QueuedSend>): boolean {
    const hold = this.#holds.get(c);
    if (hold === undefined) return true;
    if (this.#clock.monotonic() < hold.until) return false;
    for (const send of inFlight) if (send.conversation === c) return false;
    hold.alarm.cancel();
    return this.#holds.delete(c);
  }

  /** This send will not go out again. Answers whether the gateway waits for it, and must be told. */
  unblock(send: QueuedSend): boolean {
    const hold = this.#holds.get(send.conversation);
    if (hold?.blocker !== send) return false;
    hold.blocker = null;
    return true;
  }

  /** The session is over; to the times it named we keep. */
  lost(): void {
    for (const hold of this.#holds.values()) hold.blocker = null;
  }

  stop(): void {
    for (const hold of this.#holds.values()) hold.alarm.cancel();
    this.#holds.clear();
  }
}
