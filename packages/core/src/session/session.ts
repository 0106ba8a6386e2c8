import {
  type AckFrame,
  type AuthFrame,
  CLOSE,
  type ClientFrame,
  type CloseCode,
  type DeviceId,
  type ErrorFrame,
  type GatewayFrame,
  type HaveEntry,
  type HelloFrame,
  isChatError,
  type PingFrame,
  type SendFrame,
  type SentFrame,
  type SessionId,
  type UserId,
} from "@earshot/protocol";
import type { EngineLimits } from "../options.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import type { Connection, ConnectionListener, EncodedFrames } from "../ports/transport.ts";
import { errorFrame } from "./error-frame.ts";
import type { Credentials, Handshake } from "./handshake.ts";
import type { Swept } from "./heartbeat.ts";
import { RateLimit } from "./rate-limit.ts";
import { SendOrder } from "./send-order.ts";
import type { SendRates } from "./send-rates.ts";
import { type SessionEvent, type SessionState, sessionStep } from "./session-state.ts";

/** A session's counted deliveries, as the session sees them. */
export interface SessionOutbox<Events> {
  readonly written: number;
  deliver(events: Events): "slow" | "silent" | null;
  ack(n: number): boolean;
  flush(): void;
  sweep(): "slow" | "silent" | null;
}

/** Frames that the engine answers. */
export type CommandFrame = Exclude<ClientFrame, { readonly t: "hello" | "have" | "auth" | "ack" | "ping" | "send" | "skip" | "bye" }>;

/** What a session needs of the house. */
export interface SessionSurroundings<Events> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: EngineLimits;
  readonly rates: SendRates;
  readonly handshake: Handshake;
  decode(
    text: string,
  ):
    | { readonly kind: "frame"; readonly frame: ClientFrame }
    | { readonly kind: "refused"; readonly error: ErrorFrame }
    | { readonly kind: "malformed" };
  decodeHello(
    text: string,
  ): { readonly kind: "hello"; readonly hello: HelloFrame } | { readonly kind: "too large" | "version" | "malformed" };
  encode(frame: GatewayFrame): EncodedFrames;
  outbox(wire: Connection): SessionOutbox<Events>;
  /** Takes the session in, or says with which code it has to go. */
  enter(session: Session<Events>): CloseCode | null;
  leave(session: Session<Events>): void;
  welcome(session: Session<Events>, resumed: boolean): GatewayFrame;
  spread(): number;
  command(session: Session<Events>, frame: CommandFrame): Promise<GatewayFrame | null>;
  send(session: Session<Events>, frame: SendFrame, order: object): Promise<SentFrame>;
  sendBlocked(session: Session<Events>, frame: SendFrame, retryAfterMs: number): Promise<SentFrame>;
  /** Answers cursors by pages; resolves when the last one was handed over. */
  repair(session: Session<Events>, have: readonly HaveEntry[]): Promise<void>;
}

const MINUTE_MS = 60_000;
const PING_WINDOW_SECONDS = 10;

/** One device's conversation with this node: runs the state machine against a connection. */
export class Session<Events> implements ConnectionListener, Swept {
  readonly #house: SessionSurroundings<Events>;
  readonly #connection: Connection;
  readonly #outbox: SessionOutbox<Events>;
  readonly #sends: SendOrder;
  readonly #openedAt: number;
  readonly id: SessionId;
  readonly subscriptions = new Set<string>();
  user: UserId = "";
  device: DeviceId = "";
  attempt: number | null = null;
  #credentials: Credentials | null = null;
  #state: SessionState = "opening";
  #heardAt: number;
  #inbound: string[] = [];
  #reading = true;
  #regulating = false;
  /** When reading last stopped, or went on. */
  #stoppedAt = 0;
  #requests = 0;
  #sendRate: RateLimit | null = null;
  #pings: RateLimit | null = null;
  #controls: RateLimit | null = null;
  #pingsRefused = 0;
  #refusals: number[] = [];
  #drained: (() => void)[] = [];

  constructor(house: SessionSurroundings<Events>, id: SessionId, connection: Connection) {
    this.#house = house;
    this.#connection = connection;
    this.id = id;
    this.#openedAt = this.#heardAt = house.clock.monotonic();
    this.#outbox = house.outbox(connection);
    this.#sends = new SendOrder(this.#sendHouse());
  }

  /** Whether it is open for events. */
  get live(): boolean {
    return this.#state === "live" || this.#state === "draining";
  }

  get expires(): number | null {
    return this.#credentials?.expires ?? null;
  }

  /** A resume token as of now. */
  renew(): string {
    return this.#credentials === null ? "" : this.#house.handshake.renew(this.#credentials, this.device);
  }

  // ---- from the transport

  onText(text: string): void {
    this.#heardAt = this.#house.clock.monotonic();
    this.#on("text", text);
  }

  onBinary(): void {
    this.#on("binary");
  }

  onControl(): void {
    const now = this.#house.clock.monotonic();
    this.#heardAt = now;
    const { controlsPerTenSecondsMax } = this.#house.limits;
    this.#controls ??= new RateLimit(controlsPerTenSecondsMax / PING_WINDOW_SECONDS, controlsPerTenSecondsMax, now);
    if (this.#controls.wait(now) > 0) this.end(CLOSE.tooManyRequests);
    else this.#controls.take();
  }

  onDrain(): void {
    if (!this.live) return;
    this.#outbox.flush();
    this.#regulate();
    if (this.#connection.bufferedBytes < this.#house.limits.socketBytesMax) for (const resolve of this.#drained.splice(0)) resolve();
  }

  onClose(): void {
    this.#on("lost");
  }

  // ---- from the house

  /** Events for this session, encoded for all. */
  deliver(events: Events): void {
    if (!this.live) return;
    if (this.#outbox.deliver(events) !== null) this.end(CLOSE.slowConsumer);
  }

  /** An uncounted frame that is encoded already. */
  tell(frames: EncodedFrames): void {
    if (!this.live) return;
    this.#connection.send(frames);
  }

  /** Resolves when the socket has room for a page. */
  drained(): Promise<void> {
    if (!this.live || this.#connection.bufferedBytes < this.#house.limits.socketBytesMax) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  end(close: CloseCode): void {
    this.#on("end", undefined, close);
  }

  sweep(now: number, fresh: boolean): void {
    const { limits, clock } = this.#house;
    if (fresh || !this.#reading) this.#heardAt = now;
    if (now - this.#openedAt >= limits.helloWithinMs && !fresh) this.#on("unspoken");
    if (now - this.#heardAt >= 2 * limits.heartbeatMs) this.#on("silent");
    if (this.expires !== null && clock.now() >= this.expires) this.#on("expired");
    if (!this.live) return;
    const stuck = !this.#reading && this.#crowded && now - this.#stoppedAt >= limits.drainedWithinMs;
    const verdict = stuck ? "slow" : this.#outbox.sweep();
    if (verdict === "slow") this.end(CLOSE.slowConsumer);
    else if (verdict === "silent") this.end(CLOSE.silent);
  }

  // ---- the machine

  #on(event: SessionEvent, text?: string, given?: CloseCode): void {
    const { to, act } = sessionStep(this.#state, event);
    this.#state = to;
    switch (act.do) {
      case "nothing":
        return;
      case "greet":
        void this.#greet(text ?? "");
        return;
      case "keep":
        this.#inbound.push(text ?? "");
        return;
      case "take":
        this.#inbound.push(text ?? "");
        this.#regulate();
        return;
      case "welcome":
        return;
      case "close":
        this.#close(act.with === "given" ? (given ?? CLOSE.internal) : CLOSE[act.with]);
        return;
      case "leave":
        this.#leave();
    }
  }

  #close(close: CloseCode): void {
    this.#connection.close(close.code, close.reason);
    this.#leave();
  }

  #leave(): void {
    this.#inbound = [];
    for (const resolve of this.#drained.splice(0)) resolve();
    this.#house.leave(this);
  }

  async #greet(text: string): Promise<void> {
    this.#read(false);
    const decoded = this.#house.decodeHello(text);
    if (decoded.kind !== "hello") {
      const codes = { "too large": CLOSE.tooLarge, version: CLOSE.version, malformed: CLOSE.malformed } as const;
      this.end(codes[decoded.kind]);
      return;
    }
    const { hello } = decoded;
    const greeting = await this.#house.handshake.greet(hello, this.#connection.request);
    if (this.#state !== "greeting") return;
    if (greeting.kind === "close") {
      this.end(greeting.close);
      return;
    }
    this.#credentials = greeting.credentials;
    this.user = greeting.credentials.user;
    this.device = hello.device;
    this.attempt = hello.k ?? null;
    const refused = this.#house.enter(this);
    if (refused !== null) {
      this.end(refused);
      return;
    }
    this.#heardAt = this.#house.clock.monotonic();
    this.#on("welcomed");
    this.#say(this.#house.welcome(this, greeting.resumed));
    if (hello.have !== undefined && hello.have.length > 0) void this.#repair(hello.have);
    this.#regulate();
  }

  // ---- frames of an open session

  #frame(frame: ClientFrame): void {
    switch (frame.t) {
      case "hello":
        this.#refuse({ t: "error", re: "hello", code: "invalid", message: "unable to take frame; the session is open already" });
        return;
      case "ack":
        this.#ack(frame);
        return;
      case "ping":
        this.#ping(frame);
        return;
      case "send":
        this.#sends.send(frame);
        if (this.#sends.conversations > this.#house.limits.blockedConversationsMax) this.end(CLOSE.tooManyRequests);
        return;
      case "skip":
        this.#sends.skip(frame.id);
        return;
      case "have":
        void this.#repair(frame.have);
        return;
      case "auth":
        void this.#auth(frame);
        return;
      case "bye":
        this.#on("bye");
        return;
      default:
        void this.#command(frame);
    }
  }

  #ack(frame: AckFrame): void {
    if (!this.#outbox.ack(frame.n)) this.end(CLOSE.malformed);
  }

  #ping(_frame: PingFrame): void {
    const { clock, limits, spread } = this.#house;
    const now = clock.monotonic();
    this.#pings ??= new RateLimit(limits.pingsPerTenSecondsMax / PING_WINDOW_SECONDS, limits.pingsPerTenSecondsMax, now);
    const wait = this.#pings.wait(now);
    if (wait === 0) {
      this.#pings.take();
      this.#pingsRefused = 0;
      this.#say({ t: "pong", n: this.#outbox.written, now: clock.now(), resume: this.renew(), spread: spread() });
    } else if (++this.#pingsRefused > limits.pingsPerTenSecondsMax) {
      this.end(CLOSE.tooManyRequests);
    } else {
      this.#say({ t: "error", re: "ping", code: "rate_limited", message: "unable to answer ping; too many", retry: wait });
    }
  }

  async #auth(frame: AuthFrame): Promise<void> {
    const greeting = await this.#counted(this.#house.handshake.authenticate(frame.token, this.#connection.request, this.device));
    if (!this.live) return;
    if (greeting.kind === "close") {
      this.end(greeting.close);
    } else if (greeting.credentials.user !== this.user) {
      this.end(CLOSE.unauthenticated);
    } else {
      this.#credentials = greeting.credentials;
      const { expires } = greeting.credentials;
      this.#say({ t: "authed", ...(expires === null ? {} : { expires }) });
    }
  }

  async #command(frame: CommandFrame): Promise<void> {
    const about = { ..."id" in frame ? { id: frame.id } : { re: frame.t }, ...("c" in frame && frame.c !== undefined ? { c: frame.c } : {}) };
    try {
      const answer = await this.#counted(this.#house.command(this, frame));
      if (answer !== null) this.#say(answer);
    } catch (error) {
      this.#fail(error, frame.t);
      this.#refuse(errorFrame(error, about));
    }
  }

  async #repair(have: readonly HaveEntry[]): Promise<void> {
    try {
      await this.#counted(this.#house.repair(this, have));
    } catch (error) {
      this.#fail(error, "have");
      this.#refuse(errorFrame(error, { re: "have" }));
    }
  }

  #sendHouse() {
    const house = this.#house;
    return {
      now: () => house.clock.monotonic(),
      take: (c: string) => {
        const now = house.clock.monotonic();
        this.#sendRate ??= house.rates.connection(now);
        return house.rates.take(this.#sendRate, this.user, c, now);
      },
      send: (frame: SendFrame, order: object) => house.send(this, frame, order),
      sendBlocked: (frame: SendFrame, retryAfterMs: number) => house.sendBlocked(this, frame, retryAfterMs),
      answer: (frame: GatewayFrame) => (frame.t === "error" ? this.#refuse(frame) : this.#say(frame)),
      answered: () => this.#regulate(),
    };
  }

  // ---- ways out

  #say(frame: GatewayFrame): void {
    if (this.live) this.#connection.send(this.#house.encode(frame));
  }

  /** Answers with a refusal; ten `invalid` ones within a minute end the session. */
  #refuse(error: ErrorFrame): void {
    this.#say(error);
    if (error.code !== "invalid" || !this.live) return;
    const now = this.#house.clock.monotonic();
    this.#refusals = this.#refusals.filter((at) => now - at < MINUTE_MS);
    this.#refusals.push(now);
    if (this.#refusals.length >= this.#house.limits.invalidPerMinuteMax) this.end(CLOSE.tooManyErrors);
  }

  #fail(error: unknown, t: string): void {
    if (isChatError(error) && error.code !== "internal") return;
    this.#house.logger.error({ t, session: this.id, name: error instanceof Error ? error.name : typeof error }, "command failed");
  }

  async #counted<T>(work: Promise<T>): Promise<T> {
    this.#requests++;
    try {
      return await work;
    } finally {
      this.#requests--;
      this.#regulate();
    }
  }

  // ---- reading and not reading

  /** Whether the peer leaves so many bytes unread that no more should be asked for: above half of the cap. */
  get #crowded(): boolean {
    return this.#connection.bufferedBytes > this.#house.limits.outboxBytesMax / 2;
  }

  /** Takes what was read, in order; stops reading while too much is unanswered or unread. */
  #regulate(): void {
    if (this.#regulating) return;
    this.#regulating = true;
    while (this.live) {
      const full = this.#crowded || this.#sends.unanswered + this.#requests >= this.#house.limits.inflightMax;
      this.#read(!full);
      const text = full ? undefined : this.#inbound.shift();
      if (text === undefined) break;
      this.#take(text);
    }
    this.#regulating = false;
  }

  #take(text: string): void {
    const decoded = this.#house.decode(text);
    if (decoded.kind === "malformed") this.end(CLOSE.malformed);
    else if (decoded.kind === "refused") this.#refuse(decoded.error);
    else this.#frame(decoded.frame);
  }

  #read(reading: boolean): void {
    if (this.#reading === reading) return;
    this.#reading = reading;
    this.#stoppedAt = this.#house.clock.monotonic();
    if (reading) this.#connection.resume();
    else this.#connection.pause();
  }
}
