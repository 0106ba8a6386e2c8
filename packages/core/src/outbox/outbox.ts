import type { ConversationId, GatewayFrame } from "@earshot/protocol";
import type { EncodedFrames } from "../ports/transport.ts";
import { type Retransmit, retransmitDue } from "./retransmit.ts";
import { Window } from "./window.ts";

/** What the outbox needs of the house. */
export interface OutboxSurroundings {
  readonly limits: {
    readonly windowFramesMax: number;
    readonly outboxFramesMax: number;
    readonly outboxBytesMax: number;
    readonly socketBytesMax: number;
    readonly againAfterMs: number;
    readonly ackWithinMs: number;
    readonly drainedWithinMs: number;
    readonly overflowsApartMs: number;
  };
  readonly onOverflow: "catch-up" | "close";
  now(): number;
  encode(frame: GatewayFrame): EncodedFrames;
  encodeAgain(n: number, frame: EncodedFrames): EncodedFrames;
}

/** The way out: a session's connection. */
export interface OutboxWire {
  readonly bufferedBytes: number;
  send(frames: EncodedFrames): void;
}

/** Events of one conversation that go out together. */
export interface OutgoingEvents {
  readonly c: ConversationId;
  readonly events: readonly { readonly frame: EncodedFrames }[];
  readonly joined: EncodedFrames;
}

/** Why a session has to end. */
export type OutboxVerdict = "slow" | "silent";

/**
 * One session's deliveries: a window of unacknowledged events on the wire, the rest waiting as
 * references. Over its cap it gives up what waits and becomes a reader of the log: once all that was
 * written is acknowledged, one `lagging` names what the client has to fetch (I15). Nothing is lost:
 * the log has it.
 */
export class Outbox {
  readonly #house: OutboxSurroundings;
  readonly #wire: OutboxWire;
  readonly #window = new Window();
  #lagging: Set<ConversationId> | null = null;
  #laggingSince = Number.NEGATIVE_INFINITY;
  #overflowedAt = Number.NEGATIVE_INFINITY;
  #rounds = 0;
  #ackedAt = Number.NEGATIVE_INFINITY;

  constructor(house: OutboxSurroundings, wire: OutboxWire) {
    this.#house = house;
    this.#wire = wire;
  }

  /** Counted frames written so far: the `n` of a `pong`. */
  get written(): number {
    return this.#window.written;
  }

  /** Whether waiting events were given up and the client has not been told yet. */
  get catchingUp(): boolean {
    return this.#lagging !== null;
  }

  /** Bytes kept for this session: events, and answers the socket has not taken. */
  get bytes(): number {
    return this.#window.bytes + Math.max(0, this.#wire.bufferedBytes - this.#window.wireBytes);
  }

  /** Hands over events; `slow` when the session must end. */
  deliver(events: OutgoingEvents): OutboxVerdict | null {
    if (this.#lagging !== null) {
      this.#lagging.add(events.c);
      return null;
    }
    const count = events.events.length;
    for (const event of events.events) this.#window.push(events.c, event.frame);
    const fits = this.#window.bytes <= this.#house.limits.outboxBytesMax;
    if (fits && this.#window.waiting === count && this.#roomOnWire() >= count) {
      const now = this.#house.now();
      for (let written = 0; written < count; written++) this.#window.write(now);
      this.#wire.send(events.joined);
      return null;
    }
    this.flush();
    return this.#overflown() ? this.#overflow() : null;
  }

  /** Sends an uncounted frame, behind the events that wait. */
  tell(frame: EncodedFrames): void {
    if (!this.#window.follow(frame)) this.#wire.send(frame);
  }

  /** Frees what is acknowledged and writes what it made room for. false: `n` was never written (4500, I16). */
  ack(n: number): boolean {
    const before = this.#window.acked;
    if (!this.#window.ackThrough(n)) return false;
    if (this.#window.acked > before) {
      this.#rounds = 0;
      this.#ackedAt = this.#house.now();
    }
    this.flush();
    return true;
  }

  /** Writes what waits, as far as window and socket have room. Called when either may have. */
  flush(): void {
    const now = this.#house.now();
    for (let room = this.#roomOnWire(); room > 0 && this.#window.waiting > 0; room = this.#roomOnWire()) {
      const written = this.#window.write(now);
      if (written === null) break;
      this.#wire.send(written.frame);
      for (const frame of written.behind) this.#wire.send(frame);
    }
    if (this.#lagging !== null && this.#window.onWire === 0) {
      this.#wire.send(this.#house.encode({ t: "lagging", c: [...this.#lagging] }));
      this.#lagging = null;
    }
  }

  /**
   * Once a second: sends the oldest again when it is due, and says when the session must end. `fresh`:
   * this process stood still, so that nothing overdue may be held against the peer (trap 27).
   */
  sweep(fresh: boolean): OutboxVerdict | null {
    const { limits } = this.#house;
    const now = this.#house.now();
    if (fresh) {
      this.#rounds = 0;
      this.#ackedAt = now;
      this.#laggingSince = now;
      return null;
    }
    if (this.#lagging !== null && now - this.#laggingSince >= limits.drainedWithinMs) return "slow";
    const oldest = this.#window.oldest;
    if (oldest === null) return null;
    const due: Retransmit = retransmitDue(now - Math.max(oldest.writtenAt, this.#ackedAt), this.#rounds, limits);
    if (due === "give up") return "silent";
    if (due === "again") {
      this.#rounds++;
      this.#wire.send(this.#house.encodeAgain(this.#window.acked + 1, oldest.frame));
    }
    return null;
  }

  #roomOnWire(): number {
    const { socketBytesMax, outboxBytesMax, windowFramesMax } = this.#house.limits;
    // What is on the wire is kept until it is acknowledged, so it counts as what waits does (I15).
    if (this.#wire.bufferedBytes >= socketBytesMax || this.#window.wireBytes >= outboxBytesMax) return 0;
    return windowFramesMax - this.#window.onWire;
  }

  #overflown(): boolean {
    const { outboxFramesMax, outboxBytesMax } = this.#house.limits;
    return this.#window.waiting > 0 && (this.#window.frames > outboxFramesMax || this.bytes > outboxBytesMax);
  }

  #overflow(): OutboxVerdict | null {
    const now = this.#house.now();
    const again = now - this.#overflowedAt < this.#house.limits.overflowsApartMs;
    this.#overflowedAt = now;
    this.#laggingSince = now;
    if (again || this.#house.onOverflow === "close") return "slow";
    const { conversations, behind } = this.#window.dropWaiting();
    this.#lagging = conversations;
    for (const frame of behind) this.#wire.send(frame);
    this.flush();
    return null;
  }
}
