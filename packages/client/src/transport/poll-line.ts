import { type UnvalidatedFrame, utf8Bytes } from "@earshot/protocol";
import { ABNORMAL } from "../close-number.ts";
import { reconnectDelay } from "../connection/backoff.ts";
import { atLeast } from "../jitter.ts";
import type { Timer } from "../ports/clock.ts";
import type { HttpSession, HttpTransportHost } from "./http-session.ts";
import { type PollAnswer, readPollAnswer } from "./poll-answer.ts";

/** Polls under way at once: one that waits for something to say, and one that says something. */
const IN_FLIGHT_MAX = 2;
/** Times that one poll is sent; then the connection is lost. */
const TRIES_MAX = 5;
/** Bytes of frames in one poll; one frame always goes. A gateway takes 2 MiB, what stands in front of it often 1 MB. */
const POLL_BYTES_MAX = 262_144;
/** The same for the last poll, which outlives the page: browsers give all of those 64 KiB together. */
const LAST_BYTES_MAX = 57_344;
/** Frames in one poll. */
const POLL_FRAMES_MAX = 64;
/** Frames that wait to go; over it the connection is lost. */
const QUEUED_FRAMES_MAX = 2_048;
/** Longest wait for the answer of a poll that waits for something to say (25 s), and of others, in ms. */
const HANGING_ANSWER_WITHIN_MS = 35_000;
const ANSWER_WITHIN_MS = 10_000;

export interface PollLineHost extends HttpTransportHost {
  readonly session: HttpSession;
  /** Whether a poll waits for something to say; else what is said comes by another way. */
  hangs(): boolean;
  /** What was answered to one poll, in the order of `k`. */
  onFrames(frames: readonly UnvalidatedFrame[]): void;
  /** It cannot go on. Called once, and never from within a call. */
  onOver(code: number): void;
}

interface Poll {
  readonly k: number;
  readonly hangs: boolean;
  readonly body: string;
  tries: number;
  abort: AbortController | null;
  timer: Timer | null;
  answer: readonly UnvalidatedFrame[] | null;
}

/**
 * One session's polls: numbered, repeated until they are answered, and read in order. While one waits to be repeated
 * none begins: a gateway keeps the answer to the last one alone, so that a newer one would cost the session.
 */
export class PollLine {
  readonly #host: PollLineHost;
  #queue: string[] = [];
  /** Those whose answers were not read yet, oldest first. */
  #polls: Poll[] = [];
  #k = 0;
  #due = false;
  #over = false;

  constructor(host: PollLineHost) {
    this.#host = host;
  }

  /** Goes with whatever else is sent in this turn. */
  send(text: string): void {
    this.#queue.push(text);
    this.wake();
  }

  /** Polls, if there is something to say, or to wait for. */
  wake(): void {
    if (this.#due || this.#over) return;
    this.#due = true;
    void Promise.resolve().then(() => {
      this.#due = false;
      this.#next();
    });
  }

  /** Ends it all. `goodbye`: what waits to go is sent by one last poll, and nobody hears how that went. */
  close(goodbye: boolean): void {
    if (this.#over) return;
    this.#over = true;
    for (const { abort, timer } of this.#polls) {
      timer?.cancel();
      abort?.abort();
    }
    const { session } = this.#host;
    if (!goodbye || !session.known || this.#queue.length === 0) return;
    const { body } = this.#compose(LAST_BYTES_MAX);
    session.request("/poll?wait=0", { method: "POST", body, headers: JSON_TYPE, keepalive: true }).catch(() => {});
  }

  #next(): void {
    const { session } = this.#host;
    if (this.#queue.length > QUEUED_FRAMES_MAX) this.#end(ABNORMAL);
    // the first is alone: its answer tells how the next are known
    const inFlightMax = session.known ? IN_FLIGHT_MAX : 1;
    while (!this.#over && this.#polls.length < inFlightMax && !this.#polls.some(isToBeRepeated)) {
      const waits = session.known && this.#polls.length === 0 && this.#host.hangs();
      if (this.#queue.length === 0 && !waits) return;
      const poll = this.#compose(POLL_BYTES_MAX);
      this.#polls.push(poll);
      void this.#ask(poll);
    }
  }

  #compose(bytesMax: number): Poll {
    let count = 0;
    for (let bytes = 0; count < Math.min(this.#queue.length, POLL_FRAMES_MAX); count++) {
      bytes += utf8Bytes(this.#queue[count] as string) + 1;
      if (count > 0 && bytes > bytesMax) break;
    }
    const k = ++this.#k;
    const body = `{"k":${k},"frames":[${this.#queue.splice(0, count).join()}]}`;
    const hangs = k === 1 || this.#host.hangs();
    return { k, hangs, body, tries: 0, abort: null, timer: null, answer: null };
  }

  async #ask(poll: Poll): Promise<void> {
    const { clock, session } = this.#host;
    const abort = new AbortController();
    poll.abort = abort;
    poll.tries++;
    // not every `fetch` heeds its signal
    const settle = (answer: PollAnswer): void => {
      if (poll.abort !== abort) return;
      poll.abort = null;
      poll.timer?.cancel();
      abort.abort();
      if (!this.#over) this.#take(poll, answer);
    };
    const withinMs = poll.hangs ? HANGING_ANSWER_WITHIN_MS : ANSWER_WITHIN_MS;
    poll.timer = clock.after(withinMs, () => settle({ afterMs: 0 }));
    try {
      const response = await session.request(poll.hangs ? "/poll" : "/poll?wait=0", {
        method: "POST",
        headers: JSON_TYPE,
        body: poll.body,
        signal: abort.signal,
      });
      const text = await response.text();
      settle(readPollAnswer(response.status, response.headers.get("retry-after"), text, poll.k));
    } catch {
      settle({ afterMs: 0 });
    }
  }

  #take(poll: Poll, answer: PollAnswer): void {
    if ("over" in answer) {
      this.#end(answer.over);
    } else if ("afterMs" in answer) {
      this.#repeat(poll, answer.afterMs);
    } else {
      poll.answer = answer.frames;
      this.#read();
    }
  }

  /** The same again, by the law of those who come back. Not the first: nothing would tell its repetition from another hello. */
  #repeat(poll: Poll, afterMs: number): void {
    const { clock, random, session } = this.#host;
    if (poll.tries >= TRIES_MAX) {
      this.#end(ABNORMAL);
      return;
    }
    const { spreadMs } = session;
    const delayMs = session.known
      ? reconnectDelay({ attempt: poll.tries - 1, welcomed: true, own: false, spreadMs }, random)
      : 0;
    poll.timer = clock.after(Math.max(delayMs, atLeast(afterMs, random)), () => {
      if (session.known) {
        void this.#ask(poll);
        this.wake();
      } else this.#end(ABNORMAL);
    });
  }

  #read(): void {
    for (let frames = this.#polls[0]?.answer; frames && !this.#over; frames = this.#polls[0]?.answer) {
      this.#polls.shift();
      this.#host.onFrames(frames);
    }
    this.wake();
  }

  #end(code: number): void {
    if (this.#over) return;
    this.close(false);
    this.#host.onOver(code);
  }
}

/** Whether it has failed, and is not under way again. */
const isToBeRepeated = ({ tries, abort, answer }: Poll): boolean => tries > 0 && abort === null && answer === null;

const JSON_TYPE = { "content-type": "application/json" };
