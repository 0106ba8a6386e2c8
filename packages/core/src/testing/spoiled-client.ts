import type { ClientFrame, EventFrame, GatewayFrame, PageRow } from "@earshot/protocol";
import type { Random } from "../ports/random.ts";
import { type Ask, PollClient, type PollOutcome, type StreamReader } from "./poll-client.ts";

/** One poll that has not been read yet: asked for as often as it takes. */
interface Outstanding {
  readonly k: number;
  readonly frames: readonly ClientFrame[];
  readonly waits: boolean;
  /** Streams asked for before it. */
  readonly age: number;
  /** Requests for it that are under way. */
  readonly requests: Set<{ readonly abort: AbortController; outcome: PollOutcome | null }>;
  outcome: PollOutcome | null;
}

/** What an honest client would never see; a test fails by it. */
class Violation extends Error {}

const MESSAGE = { type: "message" as const, body: {} };

/**
 * An honest client of one conversation on polls and streams, by the rules of docs/protocol.md, on a network
 * that loses, doubles and swaps: a test steps it by chance. It checks what it is told as it goes.
 */
export class SpoiledClient {
  readonly #user: string;
  readonly #c: string;
  readonly #ask: Ask;
  readonly #random: Random;
  #client: PollClient;
  #attempt = 0;
  #k = 0;
  #polls: Outstanding[] = [];
  #stream: StreamReader | null = null;
  #streamRead = 0;
  /** Streams asked for in this session. */
  #age = 0;
  /** Whether counted frames come by polls. */
  #byPolls = true;
  /** The number of the last counted frame, and what each number stood for. */
  #number = 0;
  #numbers = new Map<number, number>();
  #acked = 0;
  #greeting: Promise<void> | null = null;
  #epoch = "";
  #held = new Set<number>();
  /** Own sends without an answer. */
  readonly #unanswered = new Set<string>();
  #sends = 0;
  #asks = 0;
  /** Seqs handed to the application, in order. */
  readonly applied: number[] = [];
  /** What happened, to see that a run did anything. */
  readonly counts = { hellos: 0, lost: 0, repeated: 0, aborted: 0, swapped: 0, streams: 0, cuts: 0, resent: 0 };

  /** `last`: the seq up to which it has everything. */
  constructor(ask: Ask, random: Random, user: string, c: string, last: number) {
    this.#ask = ask;
    this.#random = random;
    this.#user = user;
    this.#c = c;
    this.applied.push(last);
    this.#client = new PollClient(ask);
  }

  get last(): number {
    return this.applied.at(-1) ?? 0;
  }

  /** Whether nothing is under way that a test has to wait for. */
  get quiet(): boolean {
    return this.#unanswered.size === 0 && this.#held.size === 0 && this.#greeting === null;
  }

  /** Reads what has arrived; with `spoil` some of it is lost, and other things happen that an honest client does. */
  step(spoil: boolean): void {
    if (this.#greeting !== null) return;
    if (this.#attempt === 0) {
      this.#hello();
      return;
    }
    this.#arrive(spoil);
    this.#readStream(spoil);
    if (this.#greeting !== null) return;
    const dice = this.#random.float();
    if (spoil) {
      if (dice < 0.03) this.#openStream();
      else if (dice < 0.09) this.#leaveStream();
      else if (dice < 0.16) this.#abortOne();
      else if (dice < 0.24) this.#repeatOne();
      else if (dice < 0.28) this.#swap();
      else if (dice < 0.5) this.#poll(this.#frames(true));
    }
    if (this.#stream?.ended === true) this.#openStream();
    if (this.#polls.length === 0 && (this.#stream === null || !spoil || this.#random.float() < 0.3))
      this.#poll(this.#frames(spoil));
    for (const poll of this.#polls) if (poll.requests.size === 0 && poll.outcome === null) this.#request(poll);
  }

  // ---- up

  #hello(): void {
    this.counts.hellos++;
    this.#attempt++;
    this.#client = new PollClient(this.#ask);
    for (const { requests } of this.#polls) for (const { abort } of requests) abort.abort();
    this.#polls = [];
    void this.#stream?.cut();
    this.#stream = null;
    this.#byPolls = true;
    this.#k = 1;
    this.#age = this.#number = this.#acked = 0;
    this.#numbers = new Map();
    const have = this.#epoch === "" ? [] : [[this.#c, this.#epoch, this.last]];
    this.#greeting = this.#client.hello(this.#user, { k: this.#attempt, have }).then((outcome) => {
      this.#greeting = null;
      if (outcome.frames[0]?.t !== "welcome") throw new Violation(`no welcome: ${outcome.text}`);
      for (const frame of outcome.frames) this.#hear(frame, true);
      for (const id of this.#unanswered) this.#poll([{ t: "send", id, c: this.#c, ...MESSAGE }]);
    });
  }

  #frames(talks: boolean): ClientFrame[] {
    const frames: ClientFrame[] = [];
    if (this.#number > this.#acked && (!talks || this.#random.float() < 0.6)) {
      this.#acked = this.#number;
      frames.push({ t: "ack", n: this.#acked });
    }
    if (talks && this.#random.float() < 0.3) frames.push({ t: "ping", n: this.#number });
    if (talks && this.#random.float() < 0.3) frames.push(this.#send());
    if (!talks || this.#random.float() < 0.05) {
      frames.push({ t: "fetch", id: `r${this.#asks++}`, c: this.#c, after: this.last });
      // What was asked for may be answered to nobody.
      for (const id of this.#unanswered) frames.push({ t: "send", id, c: this.#c, ...MESSAGE });
    }
    return frames;
  }

  #send(): ClientFrame {
    const id = `${this.#user}-${this.#sends++}`;
    this.#unanswered.add(id);
    return { t: "send", id, c: this.#c, ...MESSAGE };
  }

  #poll(frames: readonly ClientFrame[], asks = true): void {
    if (this.#polls.length >= 2) return;
    const waits = this.#stream === null;
    const poll: Outstanding = {
      k: ++this.#k,
      frames,
      waits,
      age: this.#age,
      requests: new Set(),
      outcome: null,
    };
    this.#polls.push(poll);
    if (asks) this.#request(poll);
  }

  /** The second of two is on its way before the first. */
  #swap(): void {
    if (this.#polls.length > 0) return;
    this.counts.swapped++;
    this.#poll(this.#frames(true), false);
    this.#poll(this.#frames(true));
  }

  #request(poll: Outstanding): void {
    if (poll.requests.size > 0) this.counts.repeated++;
    const request = { abort: new AbortController(), outcome: null as PollOutcome | null };
    poll.requests.add(request);
    void this.#client.poll(poll.k, poll.frames, { waits: poll.waits, signal: request.abort.signal }).then((outcome) => {
      request.outcome = outcome;
    });
  }

  #repeatOne(): void {
    const [poll] = this.#polls;
    if (poll !== undefined && poll.outcome === null) this.#request(poll);
  }

  #abortOne(): void {
    for (const { requests } of this.#polls) {
      for (const request of requests) {
        this.counts.aborted++;
        request.abort.abort();
        requests.delete(request);
        return;
      }
    }
  }

  // ---- down

  #arrive(spoil: boolean): void {
    for (const poll of this.#polls) {
      for (const request of poll.requests) {
        if (request.outcome === null) continue;
        poll.requests.delete(request);
        if (spoil && this.#random.float() < 0.25) {
          this.counts.lost++;
        } else if (request.outcome.status === 410) {
          this.#hello();
          return;
        } else if (request.outcome.status === 200) {
          if (poll.outcome !== null && poll.outcome.text !== request.outcome.text)
            throw new Violation(`another answer to k ${poll.k}`);
          poll.outcome ??= request.outcome;
        }
      }
    }
    while (this.#polls[0]?.outcome != null) {
      const poll = this.#polls.shift();
      if (poll === undefined || poll.outcome === null) return;
      for (const frame of poll.outcome.frames) this.#hear(frame, false, poll);
    }
  }

  #readStream(spoil: boolean): void {
    const stream = this.#stream;
    if (stream === null) return;
    while (this.#streamRead < stream.frames.length) {
      if (spoil && this.#random.float() < 0.05) {
        // What was written to it and not read is lost with it.
        this.#cut(stream);
        return;
      }
      const frame = stream.frames[this.#streamRead++];
      if (frame !== undefined) this.#hear(frame, !this.#byPolls);
      if (this.#stream !== stream) return;
    }
  }

  #cut(stream: StreamReader): void {
    this.counts.cuts++;
    void stream.cut();
    this.#openStream();
  }

  #openStream(): void {
    this.counts.streams++;
    const age = ++this.#age;
    this.#byPolls = false;
    this.#stream = { status: 0, headers: new Headers(), frames: [], ended: false, cut: async () => {} };
    this.#streamRead = 0;
    void this.#client.stream().then((stream) => {
      if (this.#age !== age || this.#greeting !== null) void stream.cut();
      else if (stream.status === 200) this.#stream = stream;
      else this.#hello();
    });
  }

  /** Goes on by polls; its stream may not know yet. */
  #leaveStream(): void {
    if (this.#stream === null || this.#stream.status === 0) return;
    if (this.#random.float() < 0.5) void this.#stream.cut();
    this.#stream = null;
    this.#poll(this.#frames(true));
  }

  #hear(frame: GatewayFrame, counts: boolean, poll?: Outstanding): void {
    const current = poll !== undefined && poll.age === this.#age;
    if (frame.t === "from") {
      if (poll !== undefined) {
        if (!current) return;
        this.#byPolls = true;
      }
      if (frame.n > this.#numbers.size) throw new Violation(`from ${frame.n}, of ${this.#numbers.size} received`);
      if (frame.n < this.#number) this.counts.resent++;
      this.#number = frame.n;
    } else if (frame.t === "event") {
      if (counts || (current && this.#byPolls)) this.#count(frame);
      this.#have(frame);
    } else if (frame.t === "pong") {
      if ((counts || (current && this.#byPolls)) && frame.n !== this.#number)
        throw new Violation(`pong ${frame.n}, of ${this.#number} received`);
    } else if (frame.t === "sent") {
      this.#unanswered.delete(frame.id);
      this.#have(frame);
    } else if (frame.t === "events" && "to" in frame) {
      for (const row of frame.events) this.#have(row as PageRow & { readonly seq: number });
      this.#epoch = frame.epoch;
    } else if (frame.t === "error" || frame.t === "close" || frame.t === "again") {
      throw new Violation(JSON.stringify(frame));
    }
  }

  /** One number stands for one event, however often it comes. */
  #count({ seq }: EventFrame): void {
    const known = this.#numbers.get(++this.#number);
    if (known !== undefined && known !== seq) throw new Violation(`${this.#number} was ${known} and is ${seq}`);
    this.#numbers.set(this.#number, seq);
  }

  /** The rule of section 6: each once, in order. */
  #have({ seq, epoch }: { readonly seq: number; readonly epoch?: string }): void {
    if (epoch !== undefined) this.#epoch = epoch;
    if (seq > this.last) this.#held.add(seq);
    while (this.#held.delete(this.last + 1)) this.applied.push(this.last + 1);
  }
}
