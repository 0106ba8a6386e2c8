import {
  ChatError,
  type ClientFrame,
  type ConversationId,
  type DeviceId,
  type DrainFrame,
  encodeFrame,
  type GatewayFrame,
  type HaveEntry,
  type WelcomeFrame,
} from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import { BROKEN, MALFORMED, NORMAL, REFUSED } from "../close-number.ts";
import type { ConnectionView } from "../connection-view.ts";
import { atLeast } from "../jitter.ts";
import type { Undo } from "../live.ts";
import type { Timer } from "../ports/clock.ts";
import type { NetworkChange, NetworkStatus } from "../ports/network-status.ts";
import type { OpenSession, TransportConnection } from "../ports/transport.ts";
import { hastenedDelay, reconnectDelay } from "./backoff.ts";
import { closeError } from "./close-error.ts";
import { CONNECTION_TRANSITIONS, type ConnectionEvent, type ConnectionState, isServed } from "./connection-state.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { composeHave, composeHello, namedIn } from "./hello.ts";
import { Session, type SessionHolder, type SessionPorts } from "./session.ts";
import { Verdicts } from "./verdicts.ts";

/** Longest wait for a transport to open, and then for `welcome`, in ms. */
const OPEN_WITHIN_MS = 10_000;
const WELCOME_WITHIN_MS = 10_000;
/** Time after a network change in which a loss is put down to it, in ms. */
const NETWORK_CHANGE_MS = 15_000;

/** What the connection needs of its neighbours; the wiring supplies it. */
export interface ConnectionHost extends SessionPorts {
  readonly network: NetworkStatus;
  readonly openTransport: OpenSession;
  readonly device: DeviceId;
  readonly agent: string;
  /** The socket's address. Throws a `ChatError` if there is none. */
  url(): string;
  /** A frame that can be trusted; `unknown` for a kind that this client does not know; null for a broken one. */
  read(text: string): GatewayFrame | "unknown" | null;
  /** Resolves when the cursors are here that `have` is to name. */
  ready(): Promise<void>;
  /** Cursors of what is kept up to date, newest first. */
  have(): readonly HaveEntry[];
  /** `named`: whose cursors went out with `hello`, and whether they subscribed. */
  onWelcome(frame: WelcomeFrame, named: ReadonlyMap<ConversationId, boolean>): void;
  onFrame(frame: GatewayFrame): void;
  onNetwork(change: NetworkChange): void;
  /** A session is over, and what it did not answer stays unanswered. `code`: null when we ended it. */
  onLost(code: number | null): void;
  onChange(): void;
}

interface Attempt {
  link: TransportConnection | null;
  session: Session | null;
  named: ReadonlyMap<ConversationId, boolean>;
  /** No new sends or requests: a drain only waits for what is awaited. */
  leaving: boolean;
  timers: Timer[];
}

/** Keeps one device connected: runs the machine, and is the only one to open a transport. */
export class Connection implements SessionHolder {
  readonly #host: ConnectionHost;
  readonly #verdicts = new Verdicts();
  #state: ConnectionState = "idle";
  #attempt: Attempt | null = null;
  #hellos = 0;
  #waitsSinceHealth = 0;
  #spreadMs = 0;
  #offline = false;
  /** The network came back while an attempt was under way. */
  #hurried = false;
  #networkChangedAt = Number.NEGATIVE_INFINITY;
  /** How the last attempt ended. */
  #loss = { welcomed: false, own: false };
  #error: ChatError | null = null;
  #closed: ChatError | null = null;
  readonly #wait: Alarm;
  #waitUntil = 0;
  #retryAt = 0;
  #drain: DrainFrame | null = null;
  #unwatch: Undo | null = null;

  constructor(host: ConnectionHost) {
    this.#host = host;
    this.#wait = new Alarm(host.clock);
  }

  get view(): ConnectionView {
    const state = this.#state;
    const served = isServed(state);
    const status = served ? "online" : state === "greeting" ? "connecting" : state;
    return {
      status,
      retryAt: state === "waiting" ? this.#retryAt : null,
      error: this.#error,
      durability: this.#attempt?.session?.welcome.durability ?? null,
      transport: served ? (this.#attempt?.link?.kind ?? "websocket") : null,
    } as ConnectionView;
  }

  /** Whether new requests and sends may go out. */
  get open(): boolean {
    const { session, leaving } = this.#attempt ?? {};
    return session != null && !leaving;
  }

  /** Why there will be no connection any more, unless the application asks for one; null while there may. */
  get stoppedBy(): ChatError | null {
    return this.#closed ?? (this.#state === "closed" ? this.#error : null);
  }

  /** Something needs a connection. */
  want(): void {
    this.#step("want");
  }

  /** Connects now: instead of waiting, and also after a stop. */
  revive(): void {
    if (this.#closed !== null) return;
    this.#verdicts.forgive();
    this.#step("revive");
  }

  /** For good, by the application's will. `closed`: what whoever comes later is told. */
  close(closed: ChatError): void {
    this.#closed = closed;
    this.#error = null;
    this.#step("close");
  }

  /** Sends a frame on the session, if there is one. */
  tell(frame: ClientFrame): void {
    this.#tell(encodeFrame(frame));
  }

  /** A page has moved a cursor. */
  moved(c: ConversationId, seq: number): void {
    this.#attempt?.session?.arrivals.moved(c, seq);
  }

  /** Names cursors once more. What of them subscribes, and what does not. */
  present(have: readonly HaveEntry[]): ReadonlyMap<ConversationId, boolean> {
    for (const frame of composeHave(have)) this.tell(frame);
    return namedIn(have);
  }

  /** Sends an encoded frame that wants an answer. */
  tellAwaited(text: string): void {
    this.#tell(text)?.awaiting();
  }

  deliver(frame: GatewayFrame): void {
    if (frame.t === "drain") {
      this.#drain = frame;
      this.#step("drain");
    } else {
      this.#host.onFrame(frame);
    }
  }

  broken(why: string, own: boolean): void {
    this.#lose(null, new ChatError("offline", `unable to stay connected; ${why}`), own);
  }

  #tell(text: string): Heartbeat | undefined {
    const { link, session } = this.#attempt ?? {};
    if (session) link?.send(text);
    session?.heartbeat.sent();
    return session?.heartbeat;
  }

  #step(event: ConnectionEvent): void {
    const outcome = CONNECTION_TRANSITIONS[this.#state][event];
    if (outcome === null) return;
    this.#state = outcome.to;
    switch (outcome.act) {
      case "open":
        this.#open();
        break;
      case "greet":
        this.#greet();
        break;
      case "admit":
        this.#error = null;
        break;
      case "prepare":
        this.#prepare();
        break;
      case "check":
        this.#attempt?.session?.heartbeat.check();
        break;
      case "hasten":
        this.#hasten();
        break;
      case "remember":
        this.#hurried = true;
        break;
      case "wait": {
        const of = { ...this.#loss, attempt: this.#waitsSinceHealth++, spreadMs: this.#spreadMs };
        this.#comeBackIn(reconnectDelay(of, this.#host.random));
        if (this.#hurried) this.#hasten();
        break;
      }
      case "stop":
        this.#stop();
        break;
    }
    this.#host.onChange();
  }

  #open(): void {
    const { network, credentials, run } = this.#host;
    this.#leave(null);
    this.#wait.cancel();
    this.#hurried = false;
    this.#unwatch ??= network.subscribe((change) => this.#onNetwork(change));
    const attempt: Attempt = {
      link: null,
      session: null,
      named: new Map(),
      leaving: false,
      timers: [],
    };
    this.#attempt = attempt;
    // of an older attempt nothing is heeded any more, least of all its close code
    const ifNewest = (work: () => void): void => {
      if (this.#attempt === attempt) run(work);
    };
    Promise.all([credentials.current(), this.#host.ready()]).then(
      () => ifNewest(() => this.#dial(attempt, ifNewest)),
      (error: ChatError) => ifNewest(() => this.#lose(null, error)),
    );
  }

  #dial(attempt: Attempt, ifNewest: (work: () => void) => void): void {
    this.#within(attempt, OPEN_WITHIN_MS, "the connection does not open");
    try {
      attempt.link = this.#host.openTransport(this.#host.url(), {
        onOpen: () => ifNewest(() => this.#step("open")),
        onText: (text) => ifNewest(() => this.#onText(attempt, text)),
        onClose: (code) => ifNewest(() => this.#lose(code, closeError(code))),
        greet: () => this.#introduce(attempt),
        onReplaced: (welcome) =>
          ifNewest(() => {
            this.#endSession(attempt, null);
            this.#onText(attempt, welcome);
          }),
        onAnswersLost: () => ifNewest(() => this.#askAgain(attempt)),
      });
    } catch (error) {
      this.#error = error as ChatError;
      this.#step("refused");
    }
  }

  #greet(): void {
    const attempt = this.#attempt as Attempt;
    this.#within(attempt, WELCOME_WITHIN_MS, "no welcome");
    for (const text of this.#introduce(attempt)) attempt.link?.send(text);
  }

  /** What begins a session. */
  #introduce(attempt: Attempt): readonly string[] {
    const { credentials, device, agent } = this.#host;
    const { resume, token } = credentials;
    const opening = composeHello({ device, agent, k: ++this.#hellos, token, resume, have: this.#host.have() });
    attempt.named = opening.named;
    return opening.frames;
  }

  /**
   * The session goes on, but what it was asked may never be answered: for the rooms that is a new one. What
   * somebody looks at is subscribed to again, which tells how far its log reaches.
   */
  #askAgain(attempt: Attempt): void {
    const { session } = attempt;
    if (session === null) return;
    // nobody asks again before all have given up what they asked
    attempt.session = null;
    this.#host.onLost(null);
    attempt.session = session;
    this.#host.onWelcome(session.welcome, new Map());
  }

  #onText(attempt: Attempt, text: string): void {
    const frame = this.#host.read(text);
    if (frame === null) this.#lose(BROKEN, closeError(BROKEN));
    else if (frame === "unknown") attempt.session?.heartbeat.heard();
    else if (frame.t === "welcome") this.#welcomed(attempt, frame);
    else attempt.session?.take(frame);
    if (attempt.leaving) this.#moveUnlessAwaiting();
  }

  #welcomed(attempt: Attempt, welcome: WelcomeFrame): void {
    if (attempt.session !== null) return;
    this.#cancelTimers(attempt);
    this.#verdicts.welcomed();
    attempt.leaving = false;
    attempt.session = new Session(this.#host, this, welcome);
    this.#step("welcome");
    this.#host.onWelcome(welcome, attempt.named);
  }

  /** Serves on until the drain's delay is over, and what is awaited by then has come or cannot come any more. */
  #prepare(): void {
    const attempt = this.#attempt as Attempt;
    const { within, delay } = this.#drain as DrainFrame;
    const { clock, random } = this.#host;
    attempt.timers.push(
      clock.after(Math.min(within, atLeast(delay, random)), () => {
        attempt.leaving = true;
        this.#moveUnlessAwaiting();
      }),
      clock.after(within, () => this.#step("move")),
    );
  }

  #moveUnlessAwaiting(): void {
    if (this.#host.awaitedSince() === null) this.#step("move");
  }

  #lose(code: number | null, error: ChatError, own = this.#ownSide()): void {
    this.#loss = { welcomed: this.#attempt?.session != null, own };
    const next = this.#verdicts.next(code);
    if (next === "new-token" || code === REFUSED) this.#host.credentials.spoil();
    this.#error = error;
    this.#leave(code);
    this.#step(next === "stop" ? "refused" : "lost");
  }

  /** Ends the attempt that is under way, and the session if there is one. `code`: the other side's, null when it is we who go. */
  #leave(code: number | null): void {
    const attempt = this.#attempt;
    if (code === null) attempt?.session?.arrivals.acknowledge();
    this.#attempt = null;
    if (attempt === null) return;
    this.#cancelTimers(attempt);
    attempt.link?.close(code === BROKEN ? MALFORMED : NORMAL);
    this.#endSession(attempt, code);
  }

  #endSession(attempt: Attempt, code: number | null): void {
    const { session } = attempt;
    attempt.session = null;
    if (session === null) return;
    session.stop();
    this.#spreadMs = session.spreadMs;
    if (session.healthy) this.#waitsSinceHealth = 0;
    this.#host.onLost(code);
  }

  #hasten(): void {
    const { clock, random } = this.#host;
    this.#comeBackIn(Math.max(0, Math.min(hastenedDelay(random), this.#waitUntil - clock.monotonic())));
  }

  #comeBackIn(ms: number): void {
    const { clock } = this.#host;
    this.#waitUntil = clock.monotonic() + ms;
    this.#retryAt = clock.now() + ms;
    this.#wait.set(ms, () => this.#step("due"));
  }

  #stop(): void {
    if (this.#closed !== null) this.tell({ t: "bye" });
    this.#leave(null);
    this.#wait.cancel();
    this.#unwatch?.();
    this.#unwatch = null;
    this.#host.credentials.stop();
  }

  #onNetwork(change: NetworkChange): void {
    this.#host.run(() => {
      this.#host.onNetwork(change);
      if (change === "hidden") return;
      this.#offline = change === "offline";
      this.#networkChangedAt = this.#host.clock.monotonic();
      if (this.#offline) this.#attempt?.session?.heartbeat.doubt();
      else this.#step("hurry");
    });
  }

  #ownSide(): boolean {
    return this.#offline || this.#host.clock.monotonic() - this.#networkChangedAt < NETWORK_CHANGE_MS;
  }

  #within(attempt: Attempt, ms: number, why: string): void {
    this.#cancelTimers(attempt);
    attempt.timers.push(
      this.#host.clock.after(ms, () => this.#lose(null, new ChatError("timeout", `unable to connect; ${why}`))),
    );
  }

  #cancelTimers(attempt: Attempt): void {
    for (const timer of attempt.timers.splice(0)) timer.cancel();
  }
}
