import {
  type AckFrame,
  type AuthFrame,
  ChatError,
  CLOSE,
  type ClientFrame,
  type CloseCode,
  type DeviceId,
  type ErrorFrame,
  type GatewayFrame,
  type HaveEntry,
  isChatError,
  type SendFrame,
  type SentFrame,
  type SessionId,
  type TypingFrame,
  type UserId,
} from "@earshot/protocol";
import type { PeerRequest } from "../ports/authenticate.ts";
import type { Activity } from "../ports/presence-store.ts";
import type { Conduct } from "./conduct.ts";
import { errorFrame } from "./error-frame.ts";
import { AUTH_ROWS, costOf, costOfCursors, MARK_ROWS, rowsIn } from "./frame-cost.ts";
import type { Credentials } from "./handshake.ts";
import type { RateLimit } from "./rate-limit.ts";
import { type LaneOrder, SendOrder } from "./send-order.ts";
import type { CommandFrame, SessionOutbox, SessionSurroundings } from "./session-surroundings.ts";
import { Turns } from "./turns.ts";
import { TypingPace } from "./typing-pace.ts";

/** A `spread` that changed by less is no news. */
const SPREAD_NEWS_PART = 0.25;

/** The session whose frames are taken. */
export interface CommandingSession<Events> {
  readonly request: PeerRequest;
  readonly outbox: SessionOutbox<Events>;
  readonly conduct: Conduct;
  readonly id: SessionId;
  readonly user: UserId;
  readonly device: DeviceId;
  readonly live: boolean;
  activity: Activity;
  say(frame: GatewayFrame): void;
  end(close: CloseCode): void;
  /** The client said goodbye. */
  bye(): void;
  /** Resolves when the socket has room for a page. */
  drained(): Promise<void>;
  /** Takes newer credentials of the same user. */
  authenticated(credentials: Credentials): void;
  /** A resume token as of now. */
  renew(): string;
  /** Something was answered: there may be room for more. */
  answered(): void;
}

/** Frames of one open session → commands, each answered or refused; sends in their order, pages one after the other. */
export class SessionCommands<Events, Session extends CommandingSession<Events>> {
  readonly #house: SessionSurroundings<Events, Session>;
  readonly #session: Session;
  /** Made when first needed, as all of these: what idles asks for little. */
  #turns: Turns | null = null;
  /** Cursors beside them: one `have` after the other, so that the first's pages are charged before the next is read. */
  #repairs: Turns | null = null;
  #pace: TypingPace | null = null;
  #sends: SendOrder | null = null;
  #sendRate: RateLimit | null = null;
  /** Requests without an answer yet, beside sends. */
  #requests = 0;
  /** The `spread` that the client knows; 0: none. */
  #toldSpread = 0;

  constructor(house: SessionSurroundings<Events, Session>, session: Session) {
    this.#house = house;
    this.#session = session;
  }

  /** Sends and requests without an answer yet. */
  get unanswered(): number {
    return (this.#sends?.unanswered ?? 0) + this.#requests;
  }

  /** The client was welcomed, with this `spread`. */
  welcomed(spread: number): void {
    this.#toldSpread = spread;
  }

  /** Takes one text frame. */
  take(text: string): void {
    const decoded = this.#house.decode(text);
    if (decoded.kind === "malformed") this.#session.end(CLOSE.malformed);
    else if (decoded.kind === "frame") this.#frame(decoded.frame);
    else {
      this.#refuse(decoded.error);
      if (decoded.error.id !== undefined) this.#sends?.skip(decoded.error.id);
    }
  }

  /**
   * Repairs cursors, those of a `hello` or a `have`. Of a user who has read too much nothing is read: the client
   * is told to fetch, and the fetch to wait (S47).
   */
  async repair(have: readonly HaveEntry[]): Promise<void> {
    this.#repairs ??= new Turns();
    const turns = this.#repairs;
    try {
      await this.#counted(turns.take(() => this.#repair(have)));
    } catch (error) {
      this.#fail(error, "have");
      this.#refuse(errorFrame(error, { re: "have" }));
    }
  }

  async #repair(have: readonly HaveEntry[]): Promise<void> {
    if (!this.#session.live) return;
    if (this.#overdrawn(costOfCursors(have)) === null) {
      this.#charge(await this.#house.repair(this.#session, have));
    } else {
      this.#session.say({ t: "lagging", c: have.map(([c]) => c) });
      this.#refused();
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
        void this.repair(frame.have);
        return;
      case "auth":
        void this.#auth(frame);
        return;
      case "bye":
        this.#session.bye();
        return;
      case "active":
        this.#active(frame.state);
        return;
      case "typing":
        void this.#typing(frame);
        return;
      case "read":
      case "unread":
        // Held back with others' before they are written: nothing else waits for that.
        void this.#command(frame, (run) => run());
        return;
      default:
        void this.#command(frame, (run) => this.#inTurn(run));
    }
  }

  /** One after the other, each when the socket has room: a page asked for is not a page in memory (S49). */
  #inTurn(run: () => Promise<void>): Promise<void> {
    this.#turns ??= new Turns();
    return this.#turns.take(async () => {
      await this.#session.drained();
      if (this.#session.live) await run();
    });
  }

  #send(frame: SendFrame): void {
    this.#sends ??= new SendOrder(this.#sendHouse());
    this.#sends.send(frame);
    if (this.#sends.conversations > this.#house.limits.blockedConversationsMax)
      this.#session.end(CLOSE.tooManyRequests);
  }

  #ack({ n, d }: AckFrame): void {
    const { conduct, outbox } = this.#session;
    const seqs = outbox.ack(n);
    if (seqs === null) {
      this.#session.end(CLOSE.malformed);
      return;
    }
    if (seqs.size > 0) this.#house.delivered(this.#session, seqs);
    if (d === undefined || d.length === 0) return;
    const { clock, costs } = this.#house;
    const now = clock.monotonic();
    if (conduct.cursors(now) && costs.ask(this.#session.user, d.length, now) === 0)
      this.#house.cursors(this.#session, d);
  }

  #ping(): void {
    const { clock, spread } = this.#house;
    const { conduct, outbox } = this.#session;
    const wait = conduct.ping(clock.monotonic());
    if (wait === "end") this.#session.end(CLOSE.tooManyRequests);
    else if (wait > 0) {
      const message = "unable to answer ping; too many";
      this.#session.say({ t: "error", re: "ping", code: "rate_limited", message, retry: wait });
    } else {
      const resume = this.#session.renew();
      this.#session.say({ t: "pong", n: outbox.written, now: clock.now(), resume, ...this.#newSpread(spread()) });
    }
  }

  /** What the client is to know, if it is another by a quarter than what it was told. */
  #newSpread(spread: number): { readonly spread?: number } {
    if (Math.abs(spread - this.#toldSpread) <= this.#toldSpread * SPREAD_NEWS_PART) return {};
    this.#toldSpread = spread;
    return { spread };
  }

  async #auth(frame: AuthFrame): Promise<void> {
    const session = this.#session;
    if (!this.#pays(AUTH_ROWS, { re: "auth" })) return;
    const greeting = await this.#counted(
      this.#house.handshake.authenticate(frame.token, this.#session.request, session.device),
    );
    if (!session.live) return;
    if (greeting.kind === "close") {
      session.end(greeting.close);
    } else if (greeting.credentials.user !== session.user) {
      session.end(CLOSE.unauthenticated);
    } else {
      session.authenticated(greeting.credentials);
      const { expires } = greeting.credentials;
      session.say({ t: "authed", ...(expires === null ? {} : { expires }) });
    }
  }

  #active(state: Activity): void {
    if (!this.#pays(MARK_ROWS, { re: "active" })) return;
    this.#session.activity = state;
    this.#house.activity(this.#session, state);
  }

  /** Charges the user; false: there was nothing left, and that was said. */
  #pays(rows: number, about: Parameters<typeof errorFrame>[1]): boolean {
    const error = this.#overdrawn(rows);
    if (error !== null) this.#refuse(errorFrame(error, about));
    return error === null;
  }

  /** Charges the user for what is asked, null, or says why not: nothing is left. */
  #overdrawn(rows: number): ChatError | null {
    const retryAfterMs = this.#house.costs.ask(this.#session.user, rows, this.#house.clock.monotonic());
    if (retryAfterMs === 0) return null;
    const message = "unable to answer; too much was asked for in too short a time";
    return new ChatError("rate_limited", message, { retryAfterMs });
  }

  /** Charges the user for what was read. */
  #charge(rows: number): void {
    this.#house.costs.charge(this.#session.user, rows, this.#house.clock.monotonic());
  }

  /** More than one in a while is dropped without a word (I20). */
  async #typing(frame: TypingFrame): Promise<void> {
    this.#pace ??= new TypingPace();
    if (!this.#pace.take(frame.c, this.#house.clock.monotonic())) return;
    if (!(await this.#command(frame, (run) => run()))) this.#pace.giveBack(frame.c);
  }

  /** false: it was refused. */
  async #command(frame: CommandFrame, when: (run: () => Promise<void>) => Promise<void>): Promise<boolean> {
    const about = {
      ...("id" in frame ? { id: frame.id } : { re: frame.t }),
      ...("c" in frame && frame.c !== undefined ? { c: frame.c } : {}),
    };
    try {
      await this.#counted(
        when(async () => {
          // In its turn: what the one before it read is charged by then.
          const overdrawn = this.#overdrawn(costOf(frame));
          if (overdrawn !== null) throw overdrawn;
          const answer = await this.#house.command(this.#session, frame);
          if (answer === null) return;
          this.#charge(rowsIn(answer));
          this.#session.say(answer);
        }),
      );
      return true;
    } catch (error) {
      this.#fail(error, frame.t);
      this.#refuse(errorFrame(error, about));
      return false;
    }
  }

  #sendHouse() {
    const house = this.#house;
    const session = this.#session;
    return {
      take: (c: string) => {
        const now = house.clock.monotonic();
        this.#sendRate ??= house.rates.connection(now);
        return house.rates.take(this.#sendRate, session.user, c, now);
      },
      send: (frame: SendFrame, order: LaneOrder) => house.send(session, frame, order),
      sendBlocked: (frame: SendFrame, retryAfterMs: number) => {
        // To look whether it is stored already is a read.
        if (house.costs.ask(session.user, MARK_ROWS, house.clock.monotonic()) === 0)
          return house.sendBlocked(session, frame, retryAfterMs);
        return Promise.reject(new ChatError("blocked", "unable to send; an earlier one waits", { retryAfterMs }));
      },
      answer: (frame: SentFrame | ErrorFrame) => (frame.t === "error" ? this.#refuse(frame) : session.say(frame)),
      answered: () => this.#session.answered(),
    };
  }

  /** Answers with a refusal; ten `invalid` ones within a minute end the session, and so do those of a flood (S46). */
  #refuse(error: ErrorFrame): void {
    this.#session.say(error);
    if (error.code === "rate_limited" || error.code === "blocked") this.#refused();
    if (error.code !== "invalid" || !this.#session.live) return;
    if (!this.#session.conduct.invalid(this.#house.clock.monotonic())) this.#session.end(CLOSE.tooManyErrors);
  }

  /** Something was refused because too much came before it. */
  #refused(): void {
    if (this.#session.live && !this.#session.conduct.refused(this.#house.clock.monotonic()))
      this.#session.end(CLOSE.tooManyRequests);
  }

  #fail(error: unknown, t: string): void {
    if (isChatError(error) && error.code !== "internal") return;
    this.#house.logger.error(
      { t, session: this.#session.id, name: error instanceof Error ? error.name : typeof error },
      "command failed",
    );
  }

  async #counted<T>(work: Promise<T>): Promise<T> {
    this.#requests++;
    try {
      return await work;
    } finally {
      this.#requests--;
      if (this.#turns?.idle === true) this.#turns = null;
      if (this.#repairs?.idle === true) this.#repairs = null;
      this.#session.answered();
    }
  }
}
