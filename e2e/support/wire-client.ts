import WebSocket from "ws";
import { PollLink } from "./poll-link.ts";
import { SseLink } from "./sse-link.ts";
import { describeFrames, type Frame, type Match, matches, matchText } from "./wire-frame.ts";
import { defaultTransport, type TransportName, type WireLink, type WireLinkListener } from "./wire-link.ts";

/** How a client answers counted frames: `each` acknowledges what has arrived once a turn, `none` leaves it to the test. */
export type AckPolicy = "each" | "none";

export interface ConnectOptions {
  readonly ack?: AckPolicy;
  /** The subprotocols offered; by default `earshot.v1` alone. */
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** The path below the server's origin; by default `/chat/ws`. */
  readonly path?: string;
  /** By default what `WIRE_TRANSPORT` says, else a WebSocket. */
  readonly transport?: TransportName;
  /** False: does not answer WebSocket pings either, so that it is silent in every way. */
  readonly autoPong?: boolean;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

interface Waiter {
  readonly match: Match;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
}

const answerWithinMs = 5_000;
const clients = new Set<WireClient>();
let idCount = 0;

/** A message or request id that no other call of this test file has had. */
export function newId(): string {
  idCount += 1;
  return `id-${idCount}`;
}

/** A raw speaker of the wire protocol: one connection, every frame kept, nothing done unasked but the ack of its policy. */
export class WireClient {
  /** All frames that ever arrived, oldest first. */
  readonly frames: Frame[] = [];
  /** Counted frames that arrived; `again` is none. */
  counted = 0;
  /** Set once the connection is closed. */
  closing: Closed | null = null;
  ack: AckPolicy;
  /** Settles when the connection is closed. */
  readonly ended: Promise<Closed>;
  #unclaimed: Frame[] = [];
  readonly #waiters = new Set<Waiter>();
  #ackDue = false;

  readonly #link: WireLink;
  #socket: WebSocket | null = null;
  #settleEnd: (closed: Closed) => void = () => {};

  private constructor(ack: AckPolicy, link: (listener: WireLinkListener) => WireLink) {
    this.ack = ack;
    clients.add(this);
    this.ended = new Promise((resolve) => {
      this.#settleEnd = resolve;
    });
    this.#link = link({
      onText: (text) => this.#arrive(JSON.parse(text) as Frame),
      onClose: (code, reason) => this.#close({ code, reason }),
    });
  }

  /** Opens a connection and says nothing; an upgrade that is refused throws with the HTTP status in its text. */
  static async connect(serverUrl: string, options: ConnectOptions = {}): Promise<WireClient> {
    const transport = options.transport ?? defaultTransport();
    const ack = options.ack ?? "each";
    const headers = options.headers ?? {};
    if (transport === "poll") return new WireClient(ack, (listener) => new PollLink(serverUrl, headers, listener));
    if (transport === "sse") return new WireClient(ack, (listener) => new SseLink(serverUrl, headers, listener));
    const url = new URL(options.path ?? "/chat/ws", serverUrl);
    url.protocol = "ws:";
    const socket = new WebSocket(url, [...(options.protocols ?? ["earshot.v1"])], {
      headers: { ...headers },
      autoPong: options.autoPong ?? true,
      handshakeTimeout: answerWithinMs,
    });
    const client = new WireClient(ack, (listener) => {
      socket.on("message", (bytes: Buffer) => listener.onText(bytes.toString("utf8")));
      socket.on("error", () => {});
      socket.on("close", (code, reason) => listener.onClose(code, reason.toString("utf8")));
      return { send: (text) => socket.send(text), terminate: () => socket.terminate() };
    });
    client.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  /** The WebSocket below; throws on other transports. */
  get socket(): WebSocket {
    if (this.#socket === null) throw new Error("this client speaks by another transport than a WebSocket");
    return this.#socket;
  }

  /** Ends whatever is still open, without a goodbye. */
  static terminateAll(): void {
    for (const client of clients) client.terminate();
  }

  write(frame: Readonly<Record<string, unknown>>): void {
    this.#link.send(JSON.stringify(frame));
  }

  /** On a WebSocket alone. */
  raw(bytes: string | Buffer, binary = false): void {
    this.socket.send(bytes, { binary });
  }

  /** The oldest frame that matches and that nobody has taken yet, now or as soon as it arrives. */
  async next(match: Match, withinMs = answerWithinMs): Promise<Frame> {
    const index = this.#unclaimed.findIndex((frame) => matches(frame, match));
    const [frame] = index < 0 ? [] : this.#unclaimed.splice(index, 1);
    if (frame !== undefined) return frame;
    if (this.closing !== null) throw this.#failure(match, "the connection was already closed");
    return await new Promise<Frame>((resolve, reject) => {
      const waiter: Waiter = { match, resolve: settle(resolve), reject: settle(reject) };
      const timer = setTimeout(() => waiter.reject(this.#failure(match, `nothing in ${withinMs} ms`)), withinMs);
      const waiters = this.#waiters;
      function settle<T>(then: (value: T) => void): (value: T) => void {
        return (value) => {
          clearTimeout(timer);
          waiters.delete(waiter);
          then(value);
        };
      }
      waiters.add(waiter);
    });
  }

  /** The next `count` frames that match, in the order in which they came. */
  async collect(match: Match, count: number, withinMs = 15_000): Promise<Frame[]> {
    const found: Frame[] = [];
    const endsAt = Date.now() + withinMs;
    while (found.length < count) {
      try {
        found.push(await this.next(match, Math.max(1, endsAt - Date.now())));
      } catch (error) {
        throw new Error(`${found.length} of ${count} came; ${String(error)}`, { cause: error });
      }
    }
    return found;
  }

  /** Takes every frame that matches and is here already. */
  take(match: Match): Frame[] {
    const taken = this.#unclaimed.filter((frame) => matches(frame, match));
    this.#unclaimed = this.#unclaimed.filter((frame) => !matches(frame, match));
    return taken;
  }

  /** Fails if a frame that matches is here untaken or arrives within `forMs`. */
  async silence(match: Match, forMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, forMs));
    const heard = this.take(match);
    if (heard.length > 0) throw new Error(`expected no ${matchText(match)}; came: ${describeFrames(heard)}`);
  }

  /** Writes a frame (with an id of its own unless it has one) and awaits the frame with that id. */
  async ask(frame: Readonly<Record<string, unknown>>, withinMs = answerWithinMs): Promise<Frame> {
    const id = frame["id"] ?? newId();
    this.write({ ...frame, id });
    return await this.next((answer) => answer.t !== "event" && answer.id === id, withinMs);
  }

  /** Sends one message and awaits its answer, `sent` or `error`. */
  async say(c: string, text: string, id: string = newId()): Promise<Frame> {
    return await this.ask(message(c, text, id));
  }

  async ping(): Promise<Frame> {
    this.write({ t: "ping", n: this.counted });
    return await this.next("pong");
  }

  acknowledge(n: number = this.counted): void {
    this.write({ t: "ack", n });
  }

  /** Awaits the other side's close. */
  async closed(withinMs = answerWithinMs): Promise<Closed> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#failure("close", `nothing in ${withinMs} ms`)), withinMs);
    });
    try {
      return await Promise.race([this.ended, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  terminate(): void {
    this.#link.terminate();
  }

  #close(closed: Closed): void {
    this.closing = closed;
    clients.delete(this);
    for (const waiter of this.#waiters) waiter.reject(this.#failure(waiter.match, "the connection was closed"));
    this.#settleEnd(closed);
  }

  #arrive(frame: Frame): void {
    this.frames.push(frame);
    if (frame.t === "event") {
      this.counted += 1;
      this.#scheduleAck();
    }
    for (const waiter of this.#waiters) {
      if (!matches(frame, waiter.match)) continue;
      waiter.resolve(frame);
      return;
    }
    this.#unclaimed.push(frame);
  }

  #scheduleAck(): void {
    if (this.ack !== "each" || this.#ackDue) return;
    this.#ackDue = true;
    setImmediate(() => {
      this.#ackDue = false;
      if (this.ack === "each" && this.closing === null) this.acknowledge();
    });
  }

  #failure(match: Match, why: string): Error {
    const end = this.closing === null ? "" : `; closed with ${this.closing.code} "${this.closing.reason}"`;
    const came = describeFrames(this.#unclaimed.slice(-8));
    return new Error(
      `awaited ${matchText(match)}: ${why}${end}; ${this.frames.length} frames so far, untaken: ${came}`,
    );
  }
}

/** A `send` frame of a text message. */
export function message(c: string, text: string, id: string = newId()): Record<string, unknown> & { id: string } {
  return { t: "send", id, c, type: "message", body: { text } };
}
