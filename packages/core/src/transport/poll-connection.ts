import { CLOSE, encodeFrame, LIMITS, type SessionId, utf8Bytes } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { PeerRequest } from "../ports/authenticate.ts";
import type { Clock } from "../ports/clock.ts";
import type { Connection, ConnectionListener, EncodedFrames } from "../ports/transport.ts";
import type { Poll, PollAnswer, PollExchange } from "./poll-exchange.ts";
import { PollOrder } from "./poll-order.ts";
import { NO_FRAMES, PollQueue, type Taken } from "./poll-queue.ts";
import { PollStream } from "./poll-stream.ts";
import { UnreadTexts } from "./unread-texts.ts";

export interface PollConnectionSurroundings {
  readonly clock: Clock;
  readonly limits: {
    readonly heartbeatMs: number;
    readonly pollWithinMs: number;
    readonly earlyPollsMax: number;
    readonly pollFramesMax: number;
    readonly pollBytesMax: number;
  };
  /** It is closed, and kept only for those who have not heard of it. */
  closed(connection: PollConnection): void;
  /** Nothing of it is needed any longer. */
  ended(connection: PollConnection): void;
}

/** Heartbeats after which a poll is answered at the latest, so that the next one comes within two. */
const HEARTBEATS_A_POLL = 1.5;
/** Bytes that a stream takes at once: what is on its way from here is not counted. */
const STREAM_BYTES = 65_536;

/**
 * One session's run of polls, and its streams, as a `Connection`. What nobody has taken down yet waits here and
 * counts as buffered, and so does the last answer until the next poll shows that it has arrived.
 */
export class PollConnection implements Connection {
  readonly request: PeerRequest;
  readonly secret: string;
  id: SessionId = "";
  readonly #house: PollConnectionSurroundings;
  #listener: ConnectionListener | null = null;
  readonly #unread: UnreadTexts;
  readonly #polls: PollOrder;
  readonly #queue = new PollQueue();
  #stream: PollStream | null = null;
  /** Frames went by a stream that is no more, and nobody knows which of them arrived. */
  #astray = false;
  #flushes = false;
  #heardAt: number;
  #closing = false;
  /** Whether the client was given the close, or nobody is left to give it to. */
  #over = false;
  #ended = false;

  constructor(house: PollConnectionSurroundings, request: PeerRequest, secret: string) {
    this.#house = house;
    this.request = request;
    this.secret = secret;
    this.#heardAt = house.clock.monotonic();
    this.#unread = new UnreadTexts({ ...house, take: (text) => this.#read(text) });
    this.#polls = new PollOrder({
      ...house,
      makeRoom: ({ frames, size }) => this.#unread.makeRoom(frames, size),
      took: (poll) => this.#take(poll),
      again: (waits) => (waits ? this.#flushLater() : this.#answer()),
      abandoned: () => this.#abandon(),
    });
  }

  get bufferedBytes(): number {
    return this.#queue.bytes + this.#polls.answeredBytes;
  }

  get repeats(): boolean {
    return this.#stream === null;
  }

  /** Hands the connection over to its session. */
  start(session: ConnectionListener & { readonly id: SessionId }): void {
    this.#listener = session;
    this.id = session.id;
  }

  // ---- from the client

  /**
   * Takes a poll, in its turn, and resolves with its answer; null: the session is over, or that answer is kept no
   * longer. Rejects with `rate_limited` if too much waits already, and with `unavailable` if the polls before it
   * do not come. `signal`: the client waits no longer.
   */
  poll(poll: Poll, signal: AbortSignal): Promise<PollAnswer> {
    this.#heard();
    return this.#polls.ask(poll, signal);
  }

  /** Begins a stream, in place of an earlier one; null: the session is over. */
  openStream(): PollStream | null {
    this.#heard();
    if (this.#over) return null;
    this.#endStream();
    const stream = new PollStream({ take: () => this.#takeDown(STREAM_BYTES).texts, lost: (lost) => this.#lost(lost) });
    this.#stream = stream;
    // What a poll in flight were to bring now, its client could no longer put in order.
    this.#polls.answer(NO_FRAMES);
    this.#release();
    if (this.#closing) this.#endWith(stream);
    else this.#beginAnew();
    return stream;
  }

  // ---- from the session

  send(frames: EncodedFrames, counted = false): void {
    if (this.#closing) return;
    this.#queue.push(frames, counted);
    this.#flushLater();
  }

  close(code: number, _reason: string): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#unread.clear();
    const awaited = this.#stream !== null || this.#polls.awaited;
    if (!awaited) this.#keepLittle();
    const text = encodeFrame({ t: "close", code });
    this.#queue.push({ texts: [text], bytes: text.length, prepared: null }, false);
    this.#house.closed(this);
    if (this.#stream !== null) this.#endWith(this.#stream);
    else if (awaited) this.#answer();
    const { clock, limits } = this.#house;
    clock.endOfTurn(() => this.#tellClose(code));
    // Who was silent for so long does not come back to hear it.
    if (clock.monotonic() - this.#heardAt >= 2 * limits.heartbeatMs) this.end();
  }

  pause(): void {
    this.#unread.pause();
  }

  resume(): void {
    this.#unread.resume();
  }

  // ---- from the house

  /** Once a second: answers who has waited for long enough, and forgets what nobody comes back for. */
  sweep(now: number): void {
    const { heartbeatMs, pollWithinMs } = this.#house.limits;
    const due = this.#polls.sweep(now - Math.min(pollWithinMs, HEARTBEATS_A_POLL * heartbeatMs));
    if (due && this.#polls.awaited) this.#answer();
    if (this.#closing && now - this.#heardAt >= 2 * heartbeatMs) this.end();
  }

  /** Lets go of everything; who still waits is told that there is no such session. */
  end(): void {
    if (this.#ended) return;
    this.#ended = this.#over = true;
    this.#polls.end();
    this.#stream?.end();
    this.#stream = null;
    this.#house.ended(this);
  }

  // ---- up

  #heard(): void {
    this.#heardAt = this.#house.clock.monotonic();
    if (!this.#closing) this.#listener?.onLife();
  }

  #take({ frames, size, waits }: PollExchange): void {
    this.#release();
    if (waits) this.#endStream();
    if (this.#astray && this.#stream === null && !this.#closing) this.#beginAnew();
    if (!this.#closing) this.#unread.add(frames, size);
    if (!waits && !this.#polls.first) this.#answer();
    else this.#flushLater();
  }

  #read(text: string): void {
    const fits = text.length * 3 <= LIMITS.frameBytesMax || utf8Bytes(text) <= LIMITS.frameBytesMax;
    if (fits) this.#listener?.onText(text);
    else this.close(CLOSE.tooLarge.code, CLOSE.tooLarge.reason);
  }

  // ---- down

  #flushLater(): void {
    if (this.#flushes || (this.#stream === null && !this.#polls.hangs)) return;
    this.#flushes = true;
    this.#house.clock.endOfTurn(() => {
      this.#flushes = false;
      // What may be read now may have its answer with it.
      this.#unread.read();
      if (this.#stream !== null) this.#stream.wake();
      // An answer that nobody waits for is better not given yet.
      else if (!this.#queue.empty && this.#polls.awaited) this.#answer();
    });
  }

  /** Answers the poll that hangs with what there is; beside a stream with nothing. */
  #answer(): void {
    if (!this.#polls.hangs) return;
    this.#polls.answer(this.#stream === null ? this.#takeDown(this.#house.limits.pollBytesMax) : NO_FRAMES);
    if (!this.#over) return;
    this.#polls.close();
    // Its client has never heard of the session.
    if (this.#polls.first) this.end();
    else this.#polls.trim(FIXED_LIMITS.closedPollBytesMax);
  }

  /** What was answered has arrived, and leaves its room to what comes behind it. */
  #release(): void {
    if (this.#polls.release() && !this.#closing) this.#listener?.onDrain();
  }

  /** Takes what waits, up to a bound, and what the session has then room for. */
  #takeDown(bytesMax: number): Taken {
    const texts: string[] = [];
    let bytes = 0;
    while (!this.#queue.empty) {
      const taken = this.#queue.take(bytesMax - bytes, texts.length === 0);
      if (taken.texts.length === 0) break;
      texts.push(...taken.texts);
      bytes += taken.bytes;
      if (!this.#closing) this.#listener?.onDrain();
    }
    if (this.#closing && this.#queue.empty) this.#over = true;
    return { texts, bytes };
  }

  /** The counted frames that are not acknowledged come again, since frames went where nobody knows what became of them. */
  #beginAnew(): void {
    this.#astray = false;
    this.#queue.begin((counted) => this.#listener?.onStream(counted));
  }

  #endStream(): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#lost(stream);
    stream.end();
  }

  #lost(stream: PollStream): void {
    if (stream !== this.#stream) return;
    this.#stream = null;
    this.#astray = true;
  }

  // ---- the end

  /** Everything that is left, to the close, goes down this stream. */
  #endWith(stream: PollStream): void {
    this.#over = true;
    this.#stream = null;
    this.#polls.close();
    stream.end(this.#queue.take(Number.POSITIVE_INFINITY).texts);
  }

  #keepLittle(): void {
    if (this.#queue.bytes > FIXED_LIMITS.closedPollBytesMax) this.#queue.clear();
    this.#polls.trim(FIXED_LIMITS.closedPollBytesMax);
  }

  /** The client left before it was answered at all: nobody else knows of the session. */
  #abandon(): void {
    this.#closing = true;
    this.end();
    this.#tellClose(CLOSE.abnormal.code);
  }

  #tellClose(code: number): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.onClose(code, false);
  }
}
