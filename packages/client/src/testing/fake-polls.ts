import { type AckFrame, decodeFrame, encodeFrame } from "@earshot/protocol";
import type { Clock, Timer } from "../ports/clock.ts";
import { FakeStream } from "./fake-response.ts";

/** Time after which a poll is answered with nothing, in ms. */
const POLL_WITHIN_MS = 25_000;

type Answer = (frames: readonly string[] | null) => void;

interface Poll {
  readonly k: number;
  readonly frames: readonly string[];
  readonly waits: boolean;
  readonly answers: Answer[];
  timer?: Timer;
}

/** One session's polls and streams, as a gateway keeps them: in the order of `k`, the last answer kept. */
export class FakePolls {
  readonly secret: string;
  onFrame: (text: string) => void = () => {};
  readonly #clock: Clock;
  #queue: string[] = [];
  /** Events in the order first written, from number `#freed` + 1 on. */
  #events: string[] = [];
  #freed = 0;
  /** How many of them went down the present way. */
  #written = 0;
  #taken = 0;
  #hanging: Poll | null = null;
  readonly #early = new Map<number, Poll>();
  #last: { readonly k: number; readonly answer: readonly string[] } | null = null;
  #stream: FakeStream | null = null;
  #astray = false;
  #flushes = false;
  #gone = false;

  constructor(clock: Clock, secret: string) {
    this.#clock = clock;
    this.secret = secret;
  }

  /** Something to say. */
  push(text: string): void {
    this.#queue.push(text);
    if (this.#flushes) return;
    this.#flushes = true;
    this.#clock.after(0, () => {
      this.#flushes = false;
      if (this.#stream?.open === true) this.#stream.write(this.#takeDown());
      else if (this.#hanging !== null && this.#queue.length > 0) this.#answer(this.#takeDown());
    });
  }

  poll(k: number, frames: readonly string[], waits: boolean, answer: Answer): void {
    if (this.#gone) {
      answer(null);
    } else if (k <= this.#taken) {
      if (this.#hanging?.k === k) this.#hanging.answers.push(answer);
      else answer(this.#last?.k === k ? this.#last.answer : null);
    } else {
      const known = this.#early.get(k);
      if (known !== undefined) known.answers.push(answer);
      else this.#early.set(k, { k, frames, waits, answers: [answer] });
      this.#takeEarly();
    }
  }

  stream(kind: "all" | "buffered" | "bytes"): FakeStream {
    this.#stream?.end(false);
    const stream = new FakeStream(kind);
    this.#stream = stream;
    stream.onEnd = () => {
      if (this.#stream !== stream) return;
      this.#stream = null;
      this.#astray = true;
    };
    this.#answer([]);
    stream.write([...this.#beginning(), ...this.#takeDown()]);
    return stream;
  }

  /** It is not known any more. */
  forget(): void {
    this.#gone = true;
    this.#hanging?.timer?.cancel();
    const polls = [...(this.#hanging === null ? [] : [this.#hanging]), ...this.#early.values()];
    for (const { answers } of polls) for (const answer of answers) answer(null);
    this.#stream?.end(true);
  }

  #takeEarly(): void {
    for (let next = this.#early.get(this.#taken + 1); next !== undefined; next = this.#early.get(this.#taken + 1)) {
      this.#early.delete(next.k);
      this.#answer([]);
      this.#hanging = next;
      this.#taken = next.k;
      if (next.waits) this.#stream?.end(false);
      for (const text of next.frames) {
        this.#acknowledged(text);
        this.onFrame(text);
      }
      this.#settle(next);
    }
  }

  #settle(poll: Poll): void {
    if (!poll.waits) {
      this.#answer(this.#stream?.open === true ? [] : this.#takeDown());
    } else if (this.#queue.length > 0 || this.#astray) {
      this.#answer(this.#takeDown());
    } else {
      poll.timer = this.#clock.after(POLL_WITHIN_MS, () => this.#answer([]));
    }
  }

  #acknowledged(text: string): void {
    const frame = decodeFrame(text);
    if (frame?.t !== "ack") return;
    const { n } = frame as unknown as AckFrame;
    const freed = Math.max(0, n - this.#freed);
    this.#events.splice(0, freed);
    this.#written -= freed;
    this.#freed = Math.max(this.#freed, n);
  }

  #answer(answer: readonly string[]): void {
    const hanging = this.#hanging;
    if (hanging === null) return;
    this.#hanging = null;
    hanging.timer?.cancel();
    this.#last = { k: hanging.k, answer };
    for (const give of hanging.answers) give(answer);
  }

  /** What a way begins with: events went where nobody knows what became of them. */
  #beginning(): readonly string[] {
    this.#astray = false;
    return [encodeFrame({ t: "from", n: this.#freed }), ...this.#events.slice(0, this.#written)];
  }

  #takeDown(): readonly string[] {
    const begun = this.#astray && this.#stream === null ? this.#beginning() : [];
    const texts = this.#queue.splice(0);
    const events = texts.filter((text) => decodeFrame(text)?.t === "event");
    this.#events.push(...events);
    this.#written += events.length;
    return [...begun, ...texts];
  }
}
