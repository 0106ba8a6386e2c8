import type { ConversationId } from "@earshot/protocol";
import type { EncodedFrames } from "../ports/transport.ts";

/** A counted frame that is not acknowledged yet: a reference, never a copy. */
export interface Unacked {
  readonly c: ConversationId;
  readonly seq: number;
  readonly frame: EncodedFrames;
  /** When it was first written, monotonic ms; meaningless while it waits. */
  writtenAt: number;
  /** Uncounted frames that go out right behind it, once, and the conversation that each says is gone. */
  behind: Follower[] | null;
  next: Unacked | null;
}

interface Follower {
  readonly c: ConversationId;
  readonly frame: EncodedFrames;
}

/** What goes out in one step: a counted frame, and uncounted ones that had to wait for it. */
export interface Written {
  readonly frame: EncodedFrames;
  readonly behind: readonly EncodedFrames[];
}

/** What was given up. */
export interface Dropped {
  readonly conversations: Set<ConversationId>;
  /** Uncounted frames that waited behind it: they still have to be told. */
  readonly behind: readonly EncodedFrames[];
}

const NOTHING: readonly Follower[] = [];
const NO_SEQS: ReadonlyMap<ConversationId, number> = new Map();

/**
 * The linked list of a session's unacknowledged events: first those on the wire, then those that
 * wait. A number is given by being written, in order; nothing is stored for it. Pure.
 */
export class Window {
  #head: Unacked | null = null;
  #tail: Unacked | null = null;
  #firstWaiting: Unacked | null = null;
  /** Counted frames written so far in this session. */
  written: number;
  /** Counted frames acknowledged so far. */
  acked: number;
  /** Frames kept, on the wire or waiting. */
  frames = 0;
  /** Their bytes. */
  bytes = 0;
  /** Bytes of those on the wire. */
  wireBytes = 0;

  /** `written`: so many were written, and acknowledged, before. */
  constructor(written = 0) {
    this.written = written;
    this.acked = written;
  }

  get onWire(): number {
    return this.written - this.acked;
  }

  get waiting(): number {
    return this.frames - this.onWire;
  }

  /** The oldest frame on the wire. */
  get oldest(): Unacked | null {
    return this.onWire > 0 ? this.#head : null;
  }

  /** Adds a frame behind all others, waiting. */
  push(c: ConversationId, seq: number, frame: EncodedFrames): void {
    const node = this.#append(c, seq, frame, 0);
    this.#firstWaiting ??= node;
  }

  /** Adds one that is written at once: call when nothing waits. */
  pushWritten(c: ConversationId, seq: number, frame: EncodedFrames, now: number): void {
    this.#append(c, seq, frame, now);
    this.written++;
    this.wireBytes += frame.bytes;
  }

  /** Keeps an uncounted frame, which says that `c` is gone, behind everything that waits. false: nothing waits, it can go out now. */
  follow(c: ConversationId, frame: EncodedFrames): boolean {
    const last = this.#tail;
    if (this.#firstWaiting === null || last === null) return false;
    last.behind ??= [];
    last.behind.push({ c, frame });
    return true;
  }

  /** Takes the first waiting frame onto the wire and numbers it; null when none waits. */
  write(now: number): Written | null {
    const node = this.#firstWaiting;
    if (node === null) return null;
    this.#firstWaiting = node.next;
    node.writtenAt = now;
    this.written++;
    this.wireBytes += node.frame.bytes;
    const behind = node.behind ?? NOTHING;
    node.behind = null;
    return { frame: node.frame, behind: behind.map(({ frame }) => frame) };
  }

  /**
   * Frees frames up to number `n`, and gives the highest seq of each conversation among them. An older
   * `n` frees nothing; null: it was never written.
   */
  ackThrough(n: number): ReadonlyMap<ConversationId, number> | null {
    if (n > this.written) return null;
    if (n <= this.acked) return NO_SEQS;
    const seqs = new Map<ConversationId, number>();
    while (this.acked < n && this.#head !== null) {
      const node = this.#head;
      this.#head = node.next;
      this.acked++;
      this.frames--;
      this.bytes -= node.frame.bytes;
      this.wireBytes -= node.frame.bytes;
      // In order within a conversation, so the last is the highest.
      if (this.acked === n || node.next?.c !== node.c) seqs.set(node.c, node.seq);
    }
    if (this.#head === null) this.#tail = null;
    return seqs;
  }

  /** The frames on the wire, oldest first, but for the newest `last`. */
  *onWireBut(last: number): Iterable<EncodedFrames> {
    let node = this.#head;
    for (let left = this.onWire - last; left > 0 && node !== null; left--) {
      yield node.frame;
      node = node.next;
    }
  }

  /**
   * Gives up one frame if it waits; one on the wire stays. Gives the uncounted frames that nothing waits before any
   * longer: they can go out now.
   */
  drop(c: ConversationId, seq: number): readonly EncodedFrames[] {
    let [before, waits]: [Unacked | null, boolean] = [null, false];
    for (let node = this.#head; node !== null; before = node, node = node.next) {
      const previous = waits ? before : null;
      waits ||= node === this.#firstWaiting;
      if (!waits || node.seq !== seq || node.c !== c) continue;
      if (before === null) this.#head = node.next;
      else before.next = node.next;
      if (this.#tail === node) this.#tail = before;
      if (this.#firstWaiting === node) this.#firstWaiting = node.next;
      this.frames--;
      this.bytes -= node.frame.bytes;
      if (node.behind === null) return [];
      if (previous === null) return node.behind.map(({ frame }) => frame);
      previous.behind = [...(previous.behind ?? []), ...node.behind];
      return [];
    }
    return [];
  }

  #append(c: ConversationId, seq: number, frame: EncodedFrames, writtenAt: number): Unacked {
    const node: Unacked = { c, seq, frame, writtenAt, behind: null, next: null };
    if (this.#tail === null) this.#head = node;
    else this.#tail.next = node;
    this.#tail = node;
    this.frames++;
    this.bytes += frame.bytes;
    return node;
  }

  /** Gives up what waits. What is on the wire stays. */
  dropWaiting(): Dropped {
    const conversations = new Set<ConversationId>();
    const behind: EncodedFrames[] = [];
    for (let node = this.#firstWaiting; node !== null; node = node.next) {
      conversations.add(node.c);
      for (const { c, frame } of node.behind ?? NOTHING) {
        // There is nothing to fetch of it, unless it comes back behind that.
        conversations.delete(c);
        behind.push(frame);
      }
    }
    let last: Unacked | null = null;
    this.frames = 0;
    this.bytes = 0;
    for (let node = this.#head; node !== null && node !== this.#firstWaiting; node = node.next) {
      last = node;
      this.frames++;
      this.bytes += node.frame.bytes;
    }
    if (last === null) this.#head = null;
    else last.next = null;
    this.#tail = last;
    this.#firstWaiting = null;
    return { conversations, behind };
  }
}
