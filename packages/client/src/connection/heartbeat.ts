import { Alarm } from "../alarm.ts";
import type { Clock } from "../ports/clock.ts";

/** Age of the last pong at which a new one is asked for, in ms: a pong renews `resume`. */
const PONG_AGE_MAX_MS = 60_000;
/** Time an answer may be missing before the gateway is asked whether it is there, in ms. */
const ANSWER_MISSING_MS = 5_000;
/** Time an answer may be missing although pings are answered, in ms: it was lost on its way, and only another session brings it. */
const ANSWER_LOST_MS = 30_000;
/** Time without a sign of life after a ping at which the connection is dead, in ms. */
const PONG_MISSING_MS = 10_000;
/** The same when the platform says that the network is gone, in ms. */
const DOUBT_MS = 2_000;
/** A timer this late means that the machine slept or the loop stood still, in ms: nobody is blamed for it. */
const STALL_MS = 2_000;

/** What the heartbeat needs to know and to do; the connection supplies it. */
export interface HeartbeatHost {
  /** Monotonic time of the oldest unanswered request or send; null if nothing is awaited. */
  awaitedSince(): number | null;
  ping(): void;
  /** The ping was not answered (`silent`), or something else was not. */
  dead(silent: boolean): void;
}

/** Finds out whether one session's gateway is still there. One timer, set for the earliest moment at which there may be something to do. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #host: HeartbeatHost;
  readonly #intervalMs: number;
  #sentAt: number;
  #heardAt: number;
  #pongAt: number;
  #pingAt: number | null = null;
  #pongWithinMs = PONG_MISSING_MS;
  readonly #alarm: Alarm;
  #alarmAt = 0;

  /** `intervalMs`: `welcome.heartbeat`. Counts from the moment it is made. */
  constructor(clock: Clock, intervalMs: number, host: HeartbeatHost) {
    this.#clock = clock;
    this.#alarm = new Alarm(clock);
    this.#host = host;
    this.#intervalMs = intervalMs;
    this.#sentAt = this.#heardAt = this.#pongAt = clock.monotonic();
    this.#arm();
  }

  /** A frame went out. */
  sent(): void {
    this.#sentAt = this.#clock.monotonic();
  }

  /** Something that wants an answer went out. */
  awaiting(): void {
    this.#arm();
  }

  /** A frame came in: a sign of life. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
  }

  ponged(): void {
    this.#pongAt = this.#clock.monotonic();
    this.#pingAt = null;
    this.#pongWithinMs = PONG_MISSING_MS;
    this.#arm();
  }

  /** The platform takes the network to be gone, which need not be so: asks now, and does not wait for long. */
  doubt(): void {
    this.#pongWithinMs = DOUBT_MS;
    this.#pingAt = null;
    this.check();
  }

  /** Asks now, unless an answer is awaited already. */
  check(): void {
    if (this.#pingAt !== null) return;
    this.#pingAt = this.#clock.monotonic();
    this.#host.ping();
    this.#arm();
  }

  stop(): void {
    this.#alarm.cancel();
  }

  #dueAt(): number {
    if (this.#pingAt !== null) return Math.max(this.#pingAt, this.#heardAt) + this.#pongWithinMs;
    const awaited = this.#host.awaitedSince();
    const quietAt = Math.min(this.#sentAt + this.#intervalMs, this.#pongAt + PONG_AGE_MAX_MS);
    return awaited === null ? quietAt : Math.min(quietAt, Math.max(awaited, this.#pongAt) + ANSWER_MISSING_MS);
  }

  #arm(): void {
    const dueAt = this.#dueAt();
    if (this.#alarm.isSet && this.#alarmAt <= dueAt) return;
    this.#alarmAt = dueAt;
    this.#alarm.set(dueAt - this.#clock.monotonic(), () => this.#fired());
  }

  #fired(): void {
    const now = this.#clock.monotonic();
    const stalled = now > this.#alarmAt + STALL_MS;
    if (stalled) this.#pingAt = null;
    if (!stalled && this.#dueAt() > now) this.#arm();
    else if (this.#pingAt !== null) this.#host.dead(true);
    else if (!stalled && now - (this.#host.awaitedSince() ?? now) >= ANSWER_LOST_MS) this.#host.dead(false);
    else this.check();
  }
}
