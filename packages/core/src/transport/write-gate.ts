import type { Duplex } from "node:stream";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock } from "../ports/clock.ts";
import type { EncodedFrames } from "../ports/transport.ts";

/** A socket with what is queued for the end of this turn. */
export interface Gated {
  readonly socket: Duplex;
  /** null: nothing; mostly it is one. */
  queue: EncodedFrames | EncodedFrames[] | null;
  queuedBytes: number;
  /** What the operating system had not taken after the last write. */
  unsentBytes: number;
  /** Whether the socket still takes frames. */
  readonly open: boolean;
}

/**
 * One write a socket and turn: what a connection gets within one turn of the event loop leaves in
 * one piece. Measured on 1,000 receivers: 1.5 µs a delivery instead of 5.2.
 */
export class WriteGate {
  readonly #clock: Clock;
  readonly #render: (frames: EncodedFrames) => Uint8Array;
  #dirty: Gated[] = [];

  /** `render`: the bytes of frames on the wire, kept in `prepared`. */
  constructor(clock: Clock, render: (frames: EncodedFrames) => Uint8Array) {
    this.#clock = clock;
    this.#render = render;
  }

  queue(gated: Gated, frames: EncodedFrames): void {
    const { queue } = gated;
    if (queue === null) {
      if (this.#dirty.length === 0) this.#clock.endOfTurn(() => this.#flushAll());
      this.#dirty.push(gated);
      gated.queue = frames;
    } else if (Array.isArray(queue)) queue.push(frames);
    else gated.queue = [queue, frames];
    gated.queuedBytes += frames.bytes;
  }

  /** Writes what is queued for one socket now: before it closes. */
  flush(gated: Gated): void {
    const { queue, socket, queuedBytes } = gated;
    if (queue === null) return;
    gated.queue = null;
    gated.queuedBytes = 0;
    if (!gated.open) return;
    if (!Array.isArray(queue)) socket.write(this.#bytes(queue));
    else if (queuedBytes <= FIXED_LIMITS.writtenPieceBytesMax)
      socket.write(Buffer.concat(queue.map((frames) => this.#bytes(frames))));
    else {
      socket.cork();
      for (const frames of queue) socket.write(this.#bytes(frames));
      socket.uncork();
    }
    gated.unsentBytes = socket.writableLength;
  }

  #flushAll(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const gated of dirty) this.flush(gated);
  }

  #bytes(frames: EncodedFrames): Uint8Array {
    frames.prepared ??= this.#render(frames);
    return frames.prepared;
  }
}
