import { decodeFrame, type UnvalidatedFrame } from "@earshot/protocol";
import { ABNORMAL, BROKEN } from "../close-number.ts";
import type { SessionListener, TransportConnection, TransportKind } from "../ports/transport.ts";
import { EventStream } from "./event-stream.ts";
import { HttpSession, type HttpTransportHost } from "./http-session.ts";
import { PollLine } from "./poll-line.ts";

/**
 * A connection over HTTP: what is said goes up by polls, and what is answered comes down by them too, or
 * by a stream. It counts what is counted, so that what a new stream repeats is heard once.
 */
export class HttpConnection implements TransportConnection {
  readonly #listener: SessionListener;
  readonly #session: HttpSession;
  readonly #line: PollLine;
  readonly #host: HttpTransportHost;
  readonly #onSilent: (() => void) | null;
  #stream: EventStream | null = null;
  /** What came before the stream's first frame: nothing is said before that is known to come. */
  #held: string[] | null = null;
  /** Counted frames received. */
  #received = 0;
  /** The number of the last one that came by each way; what both bring is heard once. */
  readonly #numbers = { poll: 0, sse: 0 };
  #over = false;

  /** `onSilent`: it streams, and this is called before it ends because nothing comes by its stream; null: it polls. */
  constructor(host: HttpTransportHost, listener: SessionListener, onSilent: (() => void) | null) {
    this.#host = host;
    this.#listener = listener;
    this.#onSilent = onSilent;
    this.#session = new HttpSession(host);
    this.#line = new PollLine({
      ...host,
      session: this.#session,
      hangs: () => this.#stream === null,
      onFrames: (frames) => {
        for (const frame of frames) this.#take("poll", frame, JSON.stringify(frame));
      },
      onOver: (code) => this.#end(code),
    });
    void Promise.resolve().then(() => {
      if (!this.#over) listener.onOpen();
    });
  }

  get kind(): TransportKind {
    return this.#stream === null ? "poll" : "sse";
  }

  /** Whether a gateway has welcomed it. */
  get welcomed(): boolean {
    return this.#session.known && this.#held === null;
  }

  send(text: string): void {
    this.#line.send(text);
  }

  close(): void {
    this.#leave(true);
  }

  #leave(goodbye: boolean): void {
    this.#over = true;
    this.#line.close(goodbye);
    this.#stream?.close();
  }

  #end(code: number): void {
    if (this.#over) return;
    this.#leave(false);
    this.#listener.onClose(code);
  }

  #take(way: "poll" | "sse", frame: UnvalidatedFrame, text: string): void {
    if (this.#over) return;
    const numbers = this.#numbers;
    switch (frame.t) {
      case "welcome":
        this.#welcome(frame, text);
        break;
      case "close":
        this.#end(typeof frame["code"] === "number" ? frame["code"] : ABNORMAL);
        break;
      case "from":
        numbers[way] = Number(frame["n"]);
        this.#begun(way);
        break;
      case "event":
        if (++numbers[way] <= this.#received) break;
        this.#received = numbers[way];
        this.#hear(text);
        break;
      default:
        this.#hear(text);
    }
  }

  /** What is not acknowledged comes by this way from now on; what was answered before may be lost. */
  #begun(way: "poll" | "sse"): void {
    // what is acknowledged was received
    if (!(this.#numbers[way] <= this.#received)) this.#end(ABNORMAL);
    else if (this.#held === null) this.#listener.onAnswersLost();
    else if (way === "sse") this.#release();
  }

  #hear(text: string): void {
    if (this.#held === null) this.#listener.onText(text);
    else this.#held.push(text);
  }

  #welcome(frame: UnvalidatedFrame, text: string): void {
    if (!this.#session.begin(frame["session"], frame["secret"], frame["spread"])) {
      this.#end(BROKEN);
      return;
    }
    if (this.#onSilent === null) {
      this.#hear(text);
      return;
    }
    this.#held = [text];
    this.#stream = new EventStream({
      ...this.#host,
      session: this.#session,
      onText: (each, first) => this.#streamed(each, first),
      onNone: () => {
        this.#stream = null;
        this.#release();
        this.#line.wake();
      },
      onSilent: () => {
        this.#onSilent?.();
        this.#end(ABNORMAL);
      },
      onOver: (code) => this.#end(code),
    });
  }

  #streamed(text: string, first: boolean): void {
    const frame = decodeFrame(text);
    const t = frame?.t;
    if (frame === null || (first && t !== "from" && t !== "close")) this.#end(BROKEN);
    else this.#take("sse", frame, text);
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const text of held) if (!this.#over) this.#listener.onText(text);
  }
}
