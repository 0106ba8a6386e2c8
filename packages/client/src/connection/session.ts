import type { AgainFrame, ClientFrame, GatewayFrame, PongFrame, WelcomeFrame } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { Arrivals } from "./arrivals.ts";
import type { Credentials } from "./credentials.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Renewal } from "./renewal.ts";

/** Time since `welcome` after which a connection counts as healthy, in ms. */
const HEALTHY_AFTER_MS = 60_000;
/** Shortest heartbeat that is taken from a gateway, in ms: more pings than that it would refuse. */
const HEARTBEAT_MIN_MS = 1_000;

/** What a session needs from outside of it. */
export interface SessionPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly credentials: Credentials;
  readonly run: <T>(work: () => T) => T;
  awaitedSince(): number | null;
}

/** The connection that holds it. */
export interface SessionHolder {
  tell(frame: ClientFrame): void;
  /** A frame for the rooms. */
  deliver(frame: GatewayFrame): void;
  /** It cannot go on. `own`: it was our side. */
  broken(why: string, own: boolean): void;
}

/** A device's stay on one gateway, from `welcome` on: counting, heartbeat, renewal of credentials. */
export class Session {
  readonly welcome: WelcomeFrame;
  readonly heartbeat: Heartbeat;
  readonly arrivals: Arrivals;
  /** First delay that the gateway asks of those who come back, in ms. */
  spreadMs: number;
  readonly #ports: SessionPorts;
  readonly #holder: SessionHolder;
  readonly #renewal: Renewal;
  readonly #welcomedAt: number;
  /** The gateway's clock less our monotonic one. */
  #gatewayAhead: number;
  #over = false;

  constructor(ports: SessionPorts, holder: SessionHolder, welcome: WelcomeFrame) {
    const { clock, random } = ports;
    this.#ports = ports;
    this.#holder = holder;
    this.welcome = welcome;
    this.spreadMs = welcome.spread;
    this.#welcomedAt = clock.monotonic();
    this.#gatewayAhead = welcome.now - this.#welcomedAt;
    this.arrivals = new Arrivals(clock, (frame) => holder.tell(frame));
    this.heartbeat = new Heartbeat(clock, Math.max(HEARTBEAT_MIN_MS, welcome.heartbeat), {
      awaitedSince: ports.awaitedSince,
      ping: () => holder.tell({ t: "ping", n: this.arrivals.received }),
      dead: (silent) => holder.broken(silent ? "no answer to a ping" : "answers were lost", silent),
    });
    this.#renewal = new Renewal(clock, random, () => this.#renew());
    ports.credentials.resume = welcome.resume;
    this.#expires(welcome.expires);
  }

  get healthy(): boolean {
    return this.#ports.clock.monotonic() - this.#welcomedAt >= HEALTHY_AFTER_MS;
  }

  /** Takes one frame; what is not its own goes on to the rooms. */
  take(frame: GatewayFrame): void {
    this.heartbeat.heard();
    if (frame.t === "again") this.#again(frame);
    else if (frame.t === "pong") this.#pong(frame);
    else if (frame.t === "authed") this.#expires(frame.expires);
    else this.#holder.deliver(frame);
    if (frame.t === "event" && !this.#over) this.arrivals.counted();
  }

  stop(): void {
    this.#over = true;
    this.heartbeat.stop();
    this.arrivals.stop();
    this.#renewal.stop();
  }

  /** What comes again has either come before, or tells that what was counted never came. */
  #again(frame: AgainFrame): void {
    if (frame.n <= this.arrivals.received) {
      this.arrivals.acknowledge(true);
    } else {
      this.#holder.deliver(frame.frame);
      this.#missing();
    }
  }

  #pong(frame: PongFrame): void {
    this.#ports.credentials.resume = frame.resume;
    this.#gatewayAhead = frame.now - this.#ports.clock.monotonic();
    this.spreadMs = frame.spread ?? this.spreadMs;
    this.heartbeat.ponged();
    if (frame.n !== this.arrivals.received) this.#missing();
  }

  #missing(): void {
    this.#holder.broken("events were lost or doubled", false);
  }

  #expires(at: number | undefined): void {
    if (at === undefined) this.#renewal.stop();
    else this.#renewal.livesFor(at - this.#gatewayAhead - this.#ports.clock.monotonic());
  }

  #renew(): void {
    const { credentials, run } = this.#ports;
    const unlessOver = (work: () => void): void => {
      if (!this.#over) run(work);
    };
    credentials.fresh().then(
      (token) => unlessOver(() => token !== null && this.#holder.tell({ t: "auth", token })),
      () => unlessOver(() => this.#renewal.failed()),
    );
  }
}
