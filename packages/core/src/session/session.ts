import {
  CLOSE,
  type CloseCode,
  type ConversationId,
  type DeviceId,
  type GatewayFrame,
  type SessionId,
  type UserId,
} from "@earshot/protocol";
import type { Claims, PeerRequest } from "../ports/authenticate.ts";
import type { Activity } from "../ports/presence-store.ts";
import type { Connection, ConnectionListener, EncodedFrames } from "../ports/transport.ts";
import { Conduct } from "./conduct.ts";
import type { Credentials } from "./handshake.ts";
import type { Swept } from "./heartbeat.ts";
import { Intake } from "./intake.ts";
import { type CommandingSession, SessionCommands } from "./session-commands.ts";
import { type SessionEvent, type SessionState, sessionStep } from "./session-state.ts";
import type { SessionOutbox, SessionSignal, SessionSurroundings } from "./session-surroundings.ts";

/** One device's conversation with this node: runs the state machine against a connection. */
export class Session<Events> extends Intake implements ConnectionListener, Swept, CommandingSession<Events> {
  readonly #house: SessionSurroundings<Events, Session<Events>>;
  readonly #connection: Connection;
  readonly outbox: SessionOutbox<Events>;
  #conduct: Conduct | null = null;
  readonly #commands: SessionCommands<Events, Session<Events>>;
  #openedAt: number;
  readonly id: SessionId;
  user: UserId = "";
  device: DeviceId = "";
  attempt: number | null = null;
  /** What the device says of itself. */
  activity: Activity = "active";
  #credentials: Credentials | null = null;
  #state: SessionState = "opening";
  #heardAt: number;
  /** When this process was last found to have stood still. */
  #stalledAt: number | null = null;
  /** Whether the client itself ended it, in the proper way. */
  #clean = false;
  /** Whether the gateway ended it so that its client does not come back. */
  #forGood = false;
  /** Who waits for room in the socket. */
  #drained: (() => void)[] | null = null;

  constructor(house: SessionSurroundings<Events, Session<Events>>, id: SessionId, connection: Connection) {
    super(house.clock, connection);
    this.#house = house;
    this.#connection = connection;
    this.id = id;
    this.#openedAt = this.#heardAt = house.clock.monotonic();
    this.outbox = house.outbox(connection, this);
    this.#commands = new SessionCommands<Events, Session<Events>>(house, this);
  }

  /** Whether it is open for events. */
  get live(): boolean {
    return this.#state === "live" || this.#state === "draining";
  }

  /** Where it came from. */
  get address(): string {
    return this.#connection.request.address;
  }

  /** What the client shows the session by, where the connection alone does not. */
  get secret(): string | null {
    return this.#connection.secret ?? null;
  }

  get expires(): number | null {
    return this.#credentials?.expires ?? null;
  }

  /** The newest revocation that was known when its user was asked for: a later one ends it. */
  get mark(): number {
    return this.#credentials?.mark ?? 0;
  }

  /** What the host said of the user beside their id. */
  get claims(): Claims | null {
    return this.#credentials?.claims ?? null;
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
    if (!this.conduct.control(now)) this.end(CLOSE.tooManyRequests);
  }

  onLife(): void {
    const now = this.#house.clock.monotonic();
    this.#heardAt = now;
    if (!this.conduct.poll(now)) this.end(CLOSE.tooManyRequests);
  }

  onStream(queued: number): void {
    if (this.live) this.outbox.startOver(queued);
  }

  onDrain(): void {
    if (!this.live) return;
    this.outbox.flush();
    this.regulate();
    if (this.#connection.bufferedBytes < this.#house.limits.socketBytesMax) this.#drain();
  }

  onClose(_code: number, clean: boolean): void {
    this.#clean ||= clean;
    this.#on("lost");
  }

  // ---- from the house

  /** Events for this session, encoded for all. */
  deliver(events: Events): void {
    if (!this.live) return;
    if (this.outbox.deliver(events) !== null) this.end(CLOSE.slowConsumer);
  }

  /** The answer to a send of its own is about to tell of this event. */
  told(c: ConversationId, seq: number): void {
    if (this.live) this.outbox.told(c, seq);
  }

  /** The conversation is no longer the user's: frames that say so must not overtake the events before them. */
  lose(c: ConversationId, frames: EncodedFrames): void {
    if (this.live) this.outbox.lose(c, frames);
  }

  /** State that is told as long as the socket has room, encoded for all. */
  signal(signal: SessionSignal): void {
    if (!this.live) return;
    if (this.outbox.signal(signal) !== null) this.end(CLOSE.slowConsumer);
  }

  /** An uncounted frame that is encoded already. */
  tell(frames: EncodedFrames): void {
    if (!this.live) return;
    this.#connection.send(frames);
    this.outbox.answered();
  }

  say(frame: GatewayFrame): void {
    if (this.live) this.tell(this.#house.encode(frame));
  }

  /** Resolves when the socket has room for a page. */
  drained(): Promise<void> {
    if (!this.live || this.#connection.bufferedBytes < this.#house.limits.socketBytesMax) return Promise.resolve();
    this.#drained ??= [];
    const waiting = this.#drained;
    return new Promise((resolve) => waiting.push(resolve));
  }

  /** For the outbox: the session has to end to make room for others. */
  slow(): void {
    this.end(CLOSE.slowConsumer);
  }

  end(close: CloseCode): void {
    this.#on("end", undefined, close);
  }

  /** The gateway is leaving: tells the client when to come back elsewhere, and serves on. One that is not open yet is closed with 4001. */
  drain(within: number, delay: number): void {
    this.say({ t: "drain", within, delay });
    this.#on("drain");
  }

  sweep(now: number, fresh: boolean): void {
    const { limits, clock } = this.#house;
    if (fresh || this.stoppedAt !== null) this.#heardAt = now;
    if (fresh) {
      this.#openedAt = this.#stalledAt = now;
      this.forgive();
    }
    if (now - this.#openedAt >= limits.helloWithinMs) this.#on("unspoken");
    if (now - this.#heardAt >= 2 * limits.heartbeatMs) this.#on("silent");
    if (this.#owes(now) >= limits.messageWithinMs) this.end(CLOSE.policy);
    if (this.expires !== null && clock.now() >= this.expires) this.#on("expired");
    if (!this.live) return;
    const unread = this.#connection.bufferedBytes >= limits.socketBytesMax;
    const stuck = unread && now - (this.stoppedAt ?? now) >= limits.drainedWithinMs;
    const verdict = stuck ? "slow" : this.outbox.sweep(fresh);
    if (verdict === "slow") this.end(CLOSE.slowConsumer);
    else if (verdict === "silent") this.end(CLOSE.silent);
  }

  // ---- from its own frames

  get request(): PeerRequest {
    return this.#connection.request;
  }

  /** Counted when first needed. */
  get conduct(): Conduct {
    this.#conduct ??= new Conduct(this.#house.limits);
    return this.#conduct;
  }

  /** Something was answered: there may be room for more. */
  answered(): void {
    this.regulate();
  }

  bye(): void {
    this.#clean = true;
    this.#on("bye");
  }

  authenticated(credentials: Credentials): void {
    this.#credentials = credentials;
  }

  /** For the intake: whether nothing more should be asked for. */
  get full(): boolean {
    return this.#crowded || this.#commands.unanswered >= this.#house.limits.inflightMax;
  }

  /** For the intake: one text frame of an open session. */
  protected take(text: string): void {
    this.#commands.take(text);
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
        this.receive(text ?? "");
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
    // The device is elsewhere already: its client said goodbye to this session by its next one.
    if (close.code === CLOSE.replaced.code) this.#clean = true;
    else this.#forGood = close.verdict === "stop";
    this.#leave();
  }

  #leave(): void {
    this.forgetTexts();
    this.outbox.close();
    this.#drain();
    this.#house.leave(this, { clean: this.#clean, forGood: this.#forGood, heardAt: this.#heardAt });
  }

  async #greet(text: string): Promise<void> {
    this.stopReading();
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
    const welcome = this.#house.welcome(this, greeting.resumed);
    this.#commands.welcomed(welcome.spread);
    this.say(welcome);
    if (hello.have !== undefined && hello.have.length > 0) void this.#commands.repair(hello.have);
    this.regulate();
  }

  #drain(): void {
    const waiting = this.#drained;
    this.#drained = null;
    for (const resolve of waiting ?? []) resolve();
  }

  /** For how long the peer has owed the rest of a message that it has begun, while it was read (S22). */
  #owes(now: number): number {
    const since = this.#connection.unfinishedSince ?? null;
    return since === null || this.stoppedAt !== null ? 0 : now - Math.max(since, this.#stalledAt ?? since);
  }

  /** Whether the peer leaves so many bytes unread that no more should be asked for: above half of the cap. */
  get #crowded(): boolean {
    return this.#connection.bufferedBytes > this.#house.limits.outboxBytesMax / 2;
  }
}
