import { connect, createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import { systemClock } from "../../system/system-clock.ts";
import { systemRandom } from "../../system/system-random.ts";
import { HalfStream } from "./half-stream.ts";
import { fairWeather, type StreamWeather, type Way } from "./stream-weather.ts";

const HOST = "127.0.0.1";
/**
 * Below the ports that outgoing connections draw from (32768–60999 on Linux): a client that knocks at a port of those
 * while nobody listens there can be connected to itself.
 */
const PORTS = { from: 20_000, to: 32_000 } as const;
const PORT_ATTEMPTS_MAX = 100;

export interface TcpProxyOptions {
  /** Where connections go: a port of `host`, which is 127.0.0.1 unless given. Nobody need listen there yet. */
  readonly port: number;
  readonly host?: string;
  /** What delays are measured by. Default: the machine's. */
  readonly clock?: Clock;
  /** Where the search for a free port begins. Default: the machine's. */
  readonly random?: Pick<Random, "float">;
}

/**
 * Stands between a client and a server, as bytes over TCP on 127.0.0.1, and spoils the way between them on command:
 * cuts, refuses, delays, swallows, half-closes. What is commanded holds for every connection, also for later ones,
 * until it is commanded otherwise or `heal` is called; `cut`, `halfClose` and `cutAt` act once.
 *
 * ```ts
 * const proxy = await TcpProxy.to({ port: 5432 });
 * const pool = new Pool({ host: "127.0.0.1", port: proxy.port });
 * proxy.swallow("down");       // statements arrive and are carried out; nobody is told
 * await proxy.heal();          // what lost bytes is cut, the rest goes on
 * await proxy.close();
 * ```
 */
export class TcpProxy {
  /** Where it listens on 127.0.0.1; stays the same over `refuse` and `accept`. */
  readonly port: number;
  readonly #target: { readonly port: number; readonly host: string };
  readonly #clock: Clock;
  readonly #weather: Readonly<Record<Way, StreamWeather>> = { up: fairWeather(), down: fairWeather() };
  readonly #pairs = new Set<Pair>();
  #server: Server | null;
  #accepted = 0;

  private constructor(
    server: Server,
    port: number,
    { port: targetPort, host = HOST, clock = systemClock }: TcpProxyOptions,
  ) {
    this.#target = { port: targetPort, host };
    this.#clock = clock;
    this.port = port;
    this.#server = server;
    server.on("connection", (near) => this.#join(near));
  }

  /** Listens on a free port of 127.0.0.1. Rejects if there is none. */
  static async to(options: TcpProxyOptions): Promise<TcpProxy> {
    const random = options.random ?? systemRandom;
    for (let attempt = 0; attempt < PORT_ATTEMPTS_MAX; attempt++) {
      const port = PORTS.from + Math.floor(random.float() * (PORTS.to - PORTS.from));
      const server = await listen(port);
      if (server !== null) return new TcpProxy(server, port, options);
    }
    throw new Error(`unable to start proxy; no free port from ${PORTS.from} to ${PORTS.to - 1} on ${HOST}`);
  }

  /** Connections that are open now, as the client sees it. */
  get connections(): number {
    let open = 0;
    for (const pair of this.#pairs) if (!pair.near.destroyed) open += 1;
    return open;
  }

  /** Connections so far: a test in which no client came back has shown nothing. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Resets every open connection on both sides, with what waits in it. */
  cut(): void {
    for (const pair of this.#pairs) pair.reset();
  }

  /**
   * Resets the next connection in which a chunk of this way matches, instead of carrying that chunk: with `down` and the
   * answer to a commit, the commit is done and its result unknown. Chunks are what the sockets give, mostly one write.
   */
  cutAt(way: Way, matches: (chunk: Uint8Array) => boolean): void {
    this.#weather[way].cutAt = matches;
  }

  /** New connections are refused (ECONNREFUSED) from now on; open ones stay. Called twice, it does nothing more. */
  refuse(): void {
    this.#server?.close();
    this.#server = null;
  }

  /** Takes new connections again, on the same port. Rejects if somebody else took it meanwhile. */
  async accept(): Promise<void> {
    if (this.#server !== null) return;
    const server = await listen(this.port);
    if (server === null)
      throw new Error(`unable to accept connections; port ${this.port} was taken by another process`);
    server.on("connection", (near) => this.#join(near));
    this.#server = server;
  }

  /** From now on bytes wait this long, in ms, each way that is named; 0 for not at all. What waits already keeps its time. */
  delay(ms: Partial<Readonly<Record<Way, number>>>): void {
    for (const way of ["up", "down"] as const) this.#weather[way].delayMs = ms[way] ?? this.#weather[way].delayMs;
  }

  /** From now on bytes are lost this way (default: both), and so is the news of an end; every connection stays open. */
  swallow(...ways: readonly Way[]): void {
    for (const way of ways.length === 0 ? (["up", "down"] as const) : ways) this.#weather[way].swallowing = true;
  }

  /** Ends this way of every open connection, after what waits in it; the other way goes on. */
  halfClose(way: Way): void {
    for (const pair of this.#pairs) pair.halfClose(way);
  }

  /** Carries everything again at once, and accepts. Connections that lost bytes are reset: their sides no longer agree. */
  async heal(): Promise<void> {
    for (const way of ["up", "down"] as const) Object.assign(this.#weather[way], fairWeather());
    for (const pair of this.#pairs) if (pair.lost) pair.reset();
    await this.accept();
  }

  /** Resets what is open, and listens no more. May be called twice. */
  async close(): Promise<void> {
    this.cut();
    const server = this.#server;
    this.#server = null;
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  #join(near: Socket): void {
    this.#accepted += 1;
    const far = connect({ ...this.#target, allowHalfOpen: true });
    const pair = new Pair(near, far, this.#weather, this.#clock);
    this.#pairs.add(pair);
    // A side whose end was swallowed is gone; the other one stays here until it ends too.
    for (const socket of [near, far]) {
      socket.once("close", () => {
        if (near.closed && far.closed) this.#pairs.delete(pair);
      });
    }
  }
}

/** One connection: the client's socket and the one to the target. */
class Pair {
  readonly near: Socket;
  readonly #far: Socket;
  readonly #halves: Readonly<Record<Way, HalfStream>>;
  #lostEnd = false;

  constructor(near: Socket, far: Socket, weather: Readonly<Record<Way, StreamWeather>>, clock: Clock) {
    this.near = near;
    this.#far = far;
    const cut = (): void => this.reset();
    this.#halves = {
      up: new HalfStream({ from: near, to: far, weather: weather.up, clock, cut }),
      down: new HalfStream({ from: far, to: near, weather: weather.down, clock, cut }),
    };
    this.#endTogether(near, far, weather.up);
    this.#endTogether(far, near, weather.down);
  }

  get lost(): boolean {
    return this.#lostEnd || this.#halves.up.lost || this.#halves.down.lost;
  }

  halfClose(way: Way): void {
    this.#halves[way].end();
  }

  reset(): void {
    this.near.resetAndDestroy();
    this.#far.resetAndDestroy();
  }

  /** A side that breaks off, or a target that is not there, is passed on, unless that news is lost like everything else. */
  #endTogether(one: Socket, other: Socket, weather: StreamWeather): void {
    one.on("error", () => {
      // Its "close" follows.
    });
    one.on("close", (broken) => {
      if (weather.swallowing) this.#lostEnd = true;
      else if (broken) other.resetAndDestroy();
      else if (!other.writableEnded) other.end();
    });
  }
}

/** A listening server, or null if the port is taken. */
function listen(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.once("error", () => resolve(null));
    server.listen(port, HOST, () => resolve(server));
  });
}
