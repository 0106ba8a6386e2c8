import type { ConversationId, GatewayFrame } from "@earshot/protocol";
import type { EncodedFrames } from "../ports/transport.ts";
import { HeldSignals, type OutgoingSignal } from "./held-signals.ts";
import type { Budgeted } from "./outbox-budget.ts";
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
    readonly heldReceiptsMax: number;
  };
  readonly onOverflow: "catch-up" | "close";
  /** Told of what this one keeps. */
  readonly budget: { change(outbox: Outbox, from: number, to: number): void };
  now(): number;
  encode(frame: GatewayFrame): EncodedFrames;
  encodeAgain(n: number, frame: EncodedFrames): EncodedFrames;
}

/** The way out: a session's connection. */
export interface OutboxWire {
  readonly bufferedBytes: number;
  /** It repeats by itself what was lost on it. */
  readonly repeats?: boolean;
  /** `counted`: they have a number. */
  send(frames: EncodedFrames, counted?: boolean): void;
}

/** Whose it is. */
export interface OutboxOwner {
  /** The session has to end to make room for others. */
  slow(): void;
}

/** Events of one conversation that go out together. */
export interface OutgoingEvents {
  readonly c: ConversationId;
  readonly events: readonly { readonly row: { readonly seq: number }; readonly frame: EncodedFrames }[];
  readonly joined: EncodedFrames;
}

const NO_SEQS: ReadonlyMap<ConversationId, number> = new Map();

/** Why a session has to end. */
export type OutboxVerdict = "slow" | "silent";

/**
 * One session's deliveries: a window of unacknowledged events on the wire, the rest waiting as
 * references. Over its cap it gives up what waits and becomes a reader of the log: once all that was
 * written is acknowledged, one `lagging` names what the client has to fetch (I15). Nothing is lost:
 * the log has it.
 */
export class Outbox implements Budgeted {
  readonly #house: OutboxSurroundings;
  readonly #wire: OutboxWire;
  readonly #owner: OutboxOwner;
  /** Stands only while something is unacknowledged or waits: most sessions idle. */
  #window: Window | null = null;
  /** Counted frames written before it. */
  #written = 0;
  /** Made when first needed: few sockets are ever full. */
  #signals: HeldSignals | null = null;
  #lagging: Set<ConversationId> | null = null;
  #laggingSince: number | null = null;
  #overflowedAt: number | null = null;
  /** What was named in `lagging`, and the number that the last one stands behind, until something behind that is acknowledged. */
  #told: { readonly conversations: ReadonlySet<ConversationId>; readonly behind: number } | null = null;
  #rounds = 0;
  #ackedAt: number | null = null;

  /** Bytes kept, as the budget of all knows them. */
  counted = 0;

  constructor(house: OutboxSurroundings, wire: OutboxWire, owner: OutboxOwner) {
    this.#house = house;
    this.#wire = wire;
    this.#owner = owner;
  }

  /** Counted frames written so far: the `n` of a `pong`. */
  get written(): number {
    return this.#window?.written ?? this.#written;
  }

  /** Whether waiting events were given up and the client has not been told yet. */
  get catchingUp(): boolean {
    return this.#lagging !== null;
  }

  /** Bytes kept for this session: events, and answers the socket has not taken. */
  get bytes(): number {
    const buffered = this.#wire.bufferedBytes;
    const window = this.#window;
    return window === null ? buffered : window.bytes + Math.max(0, buffered - window.wireBytes);
  }

  /**
   * Hands over events; `slow` when the session must end. One that waits here while its message is
   * deleted still goes out as it was: the session has a right to everything up to its place in the log,
   * the `delete` follows in order, and a frame that all recipients share cannot be changed for one.
   */
  deliver(events: OutgoingEvents): OutboxVerdict | null {
    if (this.#lagging !== null) {
      this.#lagging.add(events.c);
      return null;
    }
    this.#window ??= new Window(this.#written);
    const window = this.#window;
    const fits = window.bytes + events.joined.bytes <= this.#house.limits.outboxBytesMax;
    if (fits && window.waiting === 0 && this.#roomOnWire(window) >= events.events.length) {
      const now = this.#house.now();
      for (const event of events.events) window.pushWritten(events.c, event.row.seq, event.frame, now);
      this.#wire.send(events.joined, true);
      this.#count();
      return null;
    }
    for (const event of events.events) window.push(events.c, event.row.seq, event.frame);
    this.flush();
    return this.#overflown() ? this.#overflow() : null;
  }

  /** The session's own `sent` is about to tell of this event: it does not follow it there (I13). */
  told(c: ConversationId, seq: number): void {
    // With every send: mostly nothing waits.
    const window = this.#window;
    if (window === null || window.waiting === 0) return;
    for (const frame of window.drop(c, seq)) this.#wire.send(frame);
    this.#count();
  }

  /** An answer was written past it. */
  answered(): void {
    this.#count();
  }

  /** For the budget of all (S49): gives up what the log has too; where that is not most of it, or was given up just now, the session. */
  evict(): void {
    const waiting = this.#window === null ? 0 : this.#window.bytes - this.#window.wireBytes;
    const verdict = this.#lagging === null && 2 * waiting >= this.bytes ? this.#overflow() : "slow";
    if (verdict === "slow") this.#owner.slow();
  }

  /** The session has ended. */
  close(): void {
    this.#house.budget.change(this, this.counted, 0);
    this.counted = 0;
  }

  /** The conversation is no longer the user's: `frame` says so, behind the events that wait, and no state of it follows. */
  lose(c: ConversationId, frame: EncodedFrames): void {
    this.#signals?.forget(c);
    // Nor is there anything to fetch of it.
    this.#lagging?.delete(c);
    if (this.#window?.follow(c, frame) !== true) this.#wire.send(frame);
  }

  /**
   * Sends state that is not counted: straight to a socket that has room. While it is full the latest
   * under each key waits, and what has no key is dropped. `slow` when the session must end.
   */
  signal(signal: OutgoingSignal): OutboxVerdict | null {
    this.#flushSignals();
    if (!this.#full) {
      this.#wire.send(signal.frame);
      return null;
    }
    // Of what it has to fetch anew the client subscribes anew, which tells it.
    if (signal.key === null || this.#lagging?.has(signal.c)) return null;
    this.#signals ??= new HeldSignals(this.#house.limits.heldReceiptsMax);
    return this.#signals.hold(signal) ? null : this.#overflow(signal.c);
  }

  /**
   * Frees what is acknowledged, writes what it made room for, and gives the highest seq of each
   * conversation that was freed. null: `n` was never written (4500, I16).
   */
  ack(n: number): ReadonlyMap<ConversationId, number> | null {
    if (n > this.written) return null;
    const seqs = this.#window?.ackThrough(n) ?? NO_SEQS;
    if (seqs.size > 0) {
      this.#rounds = 0;
      this.#ackedAt = this.#house.now();
      if (this.#told !== null && this.#told.behind < n) this.#told = null;
    }
    this.flush();
    return seqs;
  }

  /**
   * The way down begins anew, and nobody knows what arrived: says from which number, and writes again what is
   * not acknowledged, but for the newest `queued`, which are on their way and follow.
   */
  startOver(queued: number): void {
    const window = this.#window;
    this.#wire.send(this.#house.encode({ t: "from", n: window?.acked ?? this.#written }));
    if (this.#told !== null) this.#wire.send(this.#laggingFrame(this.#told.conversations));
    for (const frame of window?.onWireBut(queued) ?? []) this.#wire.send(frame, true);
    this.#count();
  }

  /** Writes what waits, as far as window and socket have room. Called when either may have. */
  flush(): void {
    const window = this.#window;
    if (window !== null && window.waiting > 0) this.#writeWaiting(window);
    this.#flushSignals();
    if (this.#lagging !== null && (window === null || window.onWire === 0)) {
      if (this.#lagging.size > 0) {
        // One that was told before may be lost with its way.
        const conversations = new Set([...(this.#told?.conversations ?? []), ...this.#lagging]);
        this.#told = { conversations, behind: this.written };
        this.#wire.send(this.#laggingFrame(this.#lagging));
      }
      this.#lagging = null;
    }
    this.#count();
  }

  /**
   * Once a second: sends the oldest again when it is due, and says when the session must end. `fresh`:
   * this process stood still, so that nothing overdue may be held against the peer (trap 27).
   */
  sweep(fresh: boolean): OutboxVerdict | null {
    const { limits } = this.#house;
    const now = this.#house.now();
    this.#count();
    if (fresh) {
      this.#rounds = 0;
      this.#ackedAt = now;
      this.#laggingSince = now;
      return null;
    }
    if (this.#lagging !== null && now - (this.#laggingSince ?? now) >= limits.drainedWithinMs) return "slow";
    const window = this.#window;
    const oldest = window?.oldest ?? null;
    if (window === null || oldest === null) return null;
    const due: Retransmit = retransmitDue(
      now - Math.max(oldest.writtenAt, this.#ackedAt ?? oldest.writtenAt),
      this.#rounds,
      limits,
    );
    if (due === "give up") return "silent";
    if (due === "again") {
      this.#rounds++;
      if (this.#wire.repeats !== true) this.#wire.send(this.#house.encodeAgain(window.acked + 1, oldest.frame));
    }
    return null;
  }

  #laggingFrame(conversations: ReadonlySet<ConversationId>): EncodedFrames {
    return this.#house.encode({ t: "lagging", c: [...conversations] });
  }

  #writeWaiting(window: Window): void {
    const now = this.#house.now();
    for (let room = this.#roomOnWire(window); room > 0 && window.waiting > 0; room = this.#roomOnWire(window)) {
      const written = window.write(now);
      if (written === null) break;
      this.#wire.send(written.frame, true);
      for (const frame of written.behind) this.#wire.send(frame);
    }
  }

  /** After every change: nothing unacknowledged and nothing waiting, no window. */
  #count(): void {
    if (this.#window?.frames === 0) {
      this.#written = this.#window.written;
      this.#window = null;
    }
    const before = this.counted;
    this.counted = this.bytes;
    if (this.counted !== before) this.#house.budget.change(this, before, this.counted);
  }

  #flushSignals(): void {
    while (this.#signals !== null && !this.#full) {
      const frame = this.#signals.take();
      if (frame === null) return;
      this.#wire.send(frame);
    }
  }

  get #full(): boolean {
    return this.#wire.bufferedBytes >= this.#house.limits.socketBytesMax;
  }

  #roomOnWire(window: Window): number {
    const { outboxBytesMax, windowFramesMax } = this.#house.limits;
    // What is on the wire is kept until it is acknowledged, so it counts as what waits does (I15).
    if (this.#full || window.wireBytes >= outboxBytesMax) return 0;
    return windowFramesMax - window.onWire;
  }

  #overflown(): boolean {
    const { outboxFramesMax, outboxBytesMax } = this.#house.limits;
    const window = this.#window;
    return window !== null && window.waiting > 0 && (window.frames > outboxFramesMax || this.bytes > outboxBytesMax);
  }

  /** `untold`: of this one a signal found no room. */
  #overflow(untold?: ConversationId): OutboxVerdict | null {
    const now = this.#house.now();
    const again = this.#overflowedAt !== null && now - this.#overflowedAt < this.#house.limits.overflowsApartMs;
    this.#overflowedAt = now;
    this.#laggingSince = now;
    if (again || this.#house.onOverflow === "close") return "slow";
    const { conversations, behind } = this.#window?.dropWaiting() ?? {
      conversations: new Set<ConversationId>(),
      behind: [],
    };
    // What was not told of receipts `subscribed` tells anew, as what was not told of events a page does.
    for (const c of this.#signals?.giveUp() ?? []) conversations.add(c);
    if (untold !== undefined) conversations.add(untold);
    for (const c of this.#lagging ?? []) conversations.add(c);
    this.#lagging = conversations;
    for (const frame of behind) this.#wire.send(frame);
    this.flush();
    return null;
  }
}
