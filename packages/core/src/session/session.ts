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
  isChatError,
  type SendFrame,
  type SessionId,
  type UserId,
} from "@earshot/protocol";
import type { Connection, ConnectionListener, EncodedFrames } from "../ports/transport.ts";
import { Conduct } from "./conduct.ts";
import { errorFrame } from "./error-frame.ts";
import type { Credentials } from "./handshake.ts";
import type { Swept } from "./heartbeat.ts";
import { Intake, type IntakeOwner } from "./intake.ts";
import type { RateLimit } from "./rate-limit.ts";
import { SendOrder } from "./send-order.ts";
import { type SessionEvent, type SessionState, sessionStep } from "./session-state.ts";
import type { CommandFrame, SessionOutbox, SessionSurroundings } from "./session-surroundings.ts";
import { Turns } from "./turns.ts";

/** One device's conversation with this node: runs the state machine against a connection. */
export class Session<Events> implements ConnectionListener, IntakeOwner, Swept {
  readonly #house: SessionSurroundings<Events, Session<Events>>;
  readonly #connection: Connection;
  readonly #outbox: SessionOutbox<Events>;
  readonly #intake: Intake;
  readonly #conduct: Conduct;
  /** Made with the first send: most sessions only listen. */
  #sends: SendOrder | null = null;
  #openedAt: number;
  readonly id: SessionId;
  readonly subscriptions = new Set<string>();
  user: UserId = "";
  device: DeviceId = "";
  attempt: number | null = null;
  #credentials: Credentials | null = null;
  #state: SessionState = "opening";
  #heardAt: number;
  /** Requests without an answer yet, beside sends. */
  #requests = 0;
  readonly #turns = new Turns();
  #sendRate: RateLimit | null = null;
  #drained: (() => void)[] = [];

  constructor(house: SessionSurroundings<Events, Session<Events>>, id: SessionId, connection: Connection) {
    this.#house = house;
    this.#connection = connection;
    this.id = id;
    this.#openedAt = this.#heardAt = house.clock.monotonic();
    this.#outbox = house.outbox(connection);
    this.#intake = new Intake(house.clock, connection, this);
    this.#conduct = new Conduct(house.limits);
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
    if (!this.#conduct.control(now)) this.end(CLOSE.tooManyRequests);
  }

  onDrain(): void {
    if (!this.live) return;
    this.#outbox.flush();
    this.#intake.regulate();
    if (this.#connection.bufferedBytes < this.#house.limits.socketBytesMax)
      for (const resolve of this.#drained.splice(0)) resolve();
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

  /** An uncounted frame that is encoded already, and must not overtake the events before it. */
  follow(frames: EncodedFrames): void {
    if (this.live) this.#outbox.tell(frames);
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
    if (fresh || this.#intake.stoppedAt !== null) this.#heardAt = now;
    if (fresh) {
      this.#openedAt = now;
      this.#intake.forgive();
    }
    if (now - this.#openedAt >= limits.helloWithinMs) this.#on("unspoken");
    if (now - this.#heardAt >= 2 * limits.heartbeatMs) this.#on("silent");
    if (this.expires !== null && clock.now() >= this.expires) this.#on("expired");
    if (!this.live) return;
    const unread = this.#connection.bufferedBytes >= limits.socketBytesMax;
    const stuck = unread && now - (this.#intake.stoppedAt ?? now) >= limits.drainedWithinMs;
    const verdict = stuck ? "slow" : this.#outbox.sweep(fresh);
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
      case "take":
        this.#intake.push(text ?? "");
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
    this.#intake.clear();
    for (const resolve of this.#drained.splice(0)) resolve();
    this.#house.leave(this);
  }

  async #greet(text: string): Promise<void> {
    this.#intake.stop();
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
    this.#intake.regulate();
  }

  // ---- frames of an open session

  /** For the intake: whether nothing more should be asked for. */
  get full(): boolean {
    return this.#crowded || (this.#sends?.unanswered ?? 0) + this.#requests >= this.#house.limits.inflightMax;
  }

  /** For the intake: one text frame of an open session. */
  take(text: string): void {
    const decoded = this.#house.decode(text);
    if (decoded.kind === "malformed") this.end(CLOSE.malformed);
    else if (decoded.kind === "frame") this.#frame(decoded.frame);
    else {
      this.#refuse(decoded.error);
      if (decoded.error.id !== undefined) this.#sends?.skip(decoded.error.id);
    }
  }

  #frame(frame: ClientFrame): void {
    switch (frame.t) {
      case "hello":
        this.#refuse({
          t: "error",
          re: "hello",
          code: "invalid",
          message: "unable to take frame; the session is open already",
        });
        return;
      case "ack":
        this.#ack(frame);
        return;
      case "ping":
        this.#ping();
        return;
      case "send":
        this.#send(frame);
        return;
      case "skip":
        this.#sends?.skip(frame.id);
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

  #send(frame: SendFrame): void {
    this.#sends ??= new SendOrder(this.#sendHouse());
    this.#sends.send(frame);
    if (this.#sends.conversations > this.#house.limits.blockedConversationsMax) this.end(CLOSE.tooManyRequests);
  }

  #ack(frame: AckFrame): void {
    if (!this.#outbox.ack(frame.n)) this.end(CLOSE.malformed);
  }

  #ping(): void {
    const { clock, spread } = this.#house;
    const wait = this.#conduct.ping(clock.monotonic());
    if (wait === "end") this.end(CLOSE.tooManyRequests);
    else if (wait > 0) {
      this.#say({
        t: "error",
        re: "ping",
        code: "rate_limited",
        message: "unable to answer ping; too many",
        retry: wait,
      });
    } else this.#say({ t: "pong", n: this.#outbox.written, now: clock.now(), resume: this.renew(), spread: spread() });
  }

  async #auth(frame: AuthFrame): Promise<void> {
    const greeting = await this.#counted(
      this.#house.handshake.authenticate(frame.token, this.#connection.request, this.device),
    );
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
    const about = {
      ...("id" in frame ? { id: frame.id } : { re: frame.t }),
      ...("c" in frame && frame.c !== undefined ? { c: frame.c } : {}),
    };
    try {
      // One after the other, each when the socket has room: a page asked for is not a page in memory (S49).
      await this.#counted(
        this.#turns.take(async () => {
          await this.drained();
          const answer = this.live ? await this.#house.command(this, frame) : null;
          if (answer !== null) this.#say(answer);
        }),
      );
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
      take: (c: string) => {
        const now = house.clock.monotonic();
        this.#sendRate ??= house.rates.connection(now);
        return house.rates.take(this.#sendRate, this.user, c, now);
      },
      send: (frame: SendFrame, order: object) => house.send(this, frame, order),
      sendBlocked: (frame: SendFrame, retryAfterMs: number) => house.sendBlocked(this, frame, retryAfterMs),
      answer: (frame: GatewayFrame) => (frame.t === "error" ? this.#refuse(frame) : this.#say(frame)),
      answered: () => this.#intake.regulate(),
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
    if (!this.#conduct.invalid(this.#house.clock.monotonic())) this.end(CLOSE.tooManyErrors);
  }

  #fail(error: unknown, t: string): void {
    if (isChatError(error) && error.code !== "internal") return;
    this.#house.logger.error(
      { t, session: this.id, name: error instanceof Error ? error.name : typeof error },
      "command failed",
    );
  }

  async #counted<T>(work: Promise<T>): Promise<T> {
    this.#requests++;
    try {
      return await work;
    } finally {
      this.#requests--;
      this.#intake.regulate();
    }
  }

  /** Whether the peer leaves so many bytes unread that no more should be asked for: above half of the cap. */
  get #crowded(): boolean {
    return this.#connection.bufferedBytes > this.#house.limits.outboxBytesMax / 2;
  }
}
