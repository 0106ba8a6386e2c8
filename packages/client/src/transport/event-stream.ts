import { createParser } from "eventsource-parser";
import { Alarm } from "../alarm.ts";
import { ABNORMAL } from "../close-number.ts";
import { reconnectDelay } from "../connection/backoff.ts";
import type { HttpSession, HttpTransportHost } from "./http-session.ts";

/** Longest wait for a stream's first frame, in ms; then something holds it back. */
const FIRST_FRAME_WITHIN_MS = 4_000;
/** Streams in a row that come to nothing; then the connection is lost. */
const TRIES_MAX = 5;
/** Time that a stream has to last to count as one that came to something, in ms. */
const LASTING_MS = 10_000;
/** Longest line, in UTF-16 units: above any frame of a gateway. Longer: the stream is given up. */
const LINE_UNITS_MAX = 4_194_304;

const STREAM_TYPE = "text/event-stream";

export interface EventStreamHost extends HttpTransportHost {
  readonly session: HttpSession;
  /** One frame. `first`: the first one of its stream. */
  onText(text: string, first: boolean): void;
  /** There is no stream to be had here: refused, or this platform reads none. Nothing was lost. */
  onNone(): void;
  /** Nothing comes by the first one: something on the way keeps it to itself. */
  onSilent(): void;
  onOver(code: number): void;
}

/** One session's stream down, opened again when it ends. */
export class EventStream {
  readonly #host: EventStreamHost;
  readonly #alarm: Alarm;
  #abort: AbortController | null = null;
  #tries = 0;
  #openedAt = 0;
  /** Whether a frame has ever come by one. */
  #works = false;
  #over = false;

  constructor(host: EventStreamHost) {
    this.#host = host;
    this.#alarm = new Alarm(host.clock);
    void this.#open();
  }

  close(): void {
    this.#over = true;
    this.#alarm.cancel();
    this.#abort?.abort();
    this.#abort = null;
  }

  async #open(): Promise<void> {
    const { clock, session } = this.#host;
    const abort = new AbortController();
    this.#abort = abort;
    this.#tries++;
    this.#openedAt = clock.monotonic();
    this.#alarm.set(FIRST_FRAME_WITHIN_MS, () => {
      if (this.#works) this.#ended(abort);
      else this.#finish(() => this.#host.onSilent());
    });
    try {
      const { status, headers, body } = await session.request("/sse", {
        headers: { accept: STREAM_TYPE },
        signal: abort.signal,
      });
      if (this.#abort !== abort) return;
      const streams = headers.get("content-type")?.startsWith(STREAM_TYPE) && typeof body?.getReader === "function";
      if (status === 410) this.#finish(() => this.#host.onOver(ABNORMAL));
      else if (status === 200 && streams) await this.#read(abort, body.getReader());
      else if (!this.#works && status < 500 && status !== 429) this.#finish(() => this.#host.onNone());
    } catch {
      // it ends like any other
    }
    this.#ended(abort);
  }

  async #read(abort: AbortController, reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let first = true;
    let overlong = false;
    const parser = createParser({
      maxBufferSize: LINE_UNITS_MAX,
      onError: ({ type }) => {
        overlong ||= type === "max-buffer-size-exceeded";
      },
      onEvent: ({ data }) => {
        if (this.#abort !== abort) return;
        const was = first;
        first = false;
        this.#works = true;
        this.#alarm.cancel();
        this.#host.onText(data, was);
      },
    });
    while (!overlong) {
      const { done, value } = await reader.read();
      if (done || this.#abort !== abort) return;
      parser.feed(decoder.decode(value, { stream: true }));
    }
  }

  /** This one is over; the next comes by the law of those who come back. */
  #ended(abort: AbortController): void {
    if (this.#over || this.#abort !== abort) return;
    const { clock, random, session } = this.#host;
    abort.abort();
    this.#abort = null;
    if (clock.monotonic() - this.#openedAt >= LASTING_MS) this.#tries = 0;
    if (this.#tries >= TRIES_MAX) {
      this.#finish(() => this.#host.onOver(ABNORMAL));
      return;
    }
    const { spreadMs } = session;
    const attempt = Math.max(0, this.#tries - 1);
    const delayMs = reconnectDelay({ attempt, welcomed: true, own: false, spreadMs }, random);
    this.#alarm.set(delayMs, () => void this.#open());
  }

  #finish(then: () => void): void {
    this.close();
    then();
  }
}
