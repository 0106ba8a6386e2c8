import { CLOSE } from "@earshot/protocol";
import type { PeerRequest } from "../../ports/authenticate.ts";
import type { InProcessListener, InProcessTransport } from "../in-process-transport.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { ConnectionLines } from "./connection-lines.ts";
import { Exchange } from "./exchange.ts";
import type { Fault } from "./fault.ts";
import type { WriteLine } from "./fault-counts.ts";
import { FrameFilter } from "./frame-filter.ts";
import type { GatewayLife } from "./gateway-life.ts";
import { type Asking, lightResponse } from "./light-http.ts";
import { Line } from "./line.ts";
import type { NodeClock } from "./node-clock.ts";
import { Path } from "./path.ts";
import type { Plan, PlannedDevice } from "./plan.ts";
import { PollLines } from "./poll-lines.ts";
import { RefusedLines } from "./refused-lines.ts";
import { Recording, replay } from "./replay.ts";
import type { SimulatedGateway } from "./simulated-gateway.ts";
import type { SimulatedTime } from "./time.ts";
import { Trouble } from "./trouble.ts";

/** What an idle connection is given by something that tidies up, in ms. */
const IDLE_MS = 60_000;
const BASE = "/chat";
/** Chance that a balancer sends somebody where nobody serves, because it has not noticed. */
const STALE = 0.05;

export interface NetworkSurroundings {
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  readonly write: WriteLine;
  readonly plan: Plan;
  readonly gateways: readonly SimulatedGateway[];
}

/** How one life of a device reaches gateways: fits the options of a client. */
export interface DeviceWay {
  readonly url: string;
  readonly transport: InProcessTransport;
  readonly fetch: typeof fetch;
}

/** A device and what it has open. */
interface Station {
  readonly device: PlannedDevice;
  readonly path: Path;
  readonly request: PeerRequest;
  readonly lines: Set<Line>;
  readonly exchanges: Set<Exchange>;
  /** What it has said in earlier sessions; null: nobody will say it again. */
  readonly recording: Recording | null;
  readonly refused: RefusedLines;
}

/** What is between devices and gateways: a way for each device, a balancer, and whoever tampers with them. */
export class Network {
  readonly #house: NetworkSurroundings;
  readonly #random: SeededRandom;
  readonly #stations: readonly Station[];
  readonly #cutsIdle: Trouble;

  constructor(house: NetworkSurroundings) {
    const { time, random, plan, gateways, write } = house;
    this.#house = house;
    this.#random = random;
    this.#cutsIdle = new Trouble(time);
    const recorded = new Set(
      plan.faults.flatMap((fault) => (fault.kind === "replay old session" ? [fault.device] : [])),
    );
    this.#stations = plan.devices.map((device, index) => ({
      device,
      path: new Path(time, random),
      request: { address: `192.0.2.${index + 1}`, origin: null, headers: {} },
      lines: new Set(),
      exchanges: new Set(),
      recording: recorded.has(index) ? new Recording() : null,
      refused: new RefusedLines(time, write, device),
    }));
    for (const gateway of gateways) gateway.onCrash = (life, resetInMs) => this.#orphan(life, resetInMs);
  }

  /** The way of one life of a device (an index into the plan's), which ends with its clock. `p` names the life in the history. */
  way(device: number, clock: NodeClock, p: string): DeviceWay {
    const station = this.#stations[device];
    if (station === undefined) throw new Error(`the plan has no device ${device}`);
    const { time, write } = this.#house;
    let connections = 0;
    const noted = (): ConnectionLines => new ConnectionLines({ time, write, device: station.device, p }, ++connections);
    const polls = new PollLines(noted);
    clock.onEnd(() => this.#abandon(station));
    return {
      url: `http://gateways.invalid${BASE}`,
      transport: (_url, listener) => this.#open(station, clock, noted(), listener),
      fetch: ((input: string, init: RequestInit = {}) =>
        this.#fetch(station, clock, polls, String(input), init)) as typeof fetch,
    };
  }

  /** Connections that a gateway and a device have with each other, as both know: WebSockets. */
  connections(device: number): number {
    return [...(this.#stations[device]?.lines ?? [])].filter(({ open }) => open).length;
  }

  /** The gateway that a device has a WebSocket to; null: it has none. */
  hostOf(device: number): SimulatedGateway | null {
    const line = [...(this.#stations[device]?.lines ?? [])].find(({ open }) => open);
    return this.#house.gateways.find(({ life }) => life !== null && life === line?.life) ?? null;
  }

  /** Whether a device still waits for a gateway that will not answer, and has not noticed. */
  severed(device: number): boolean {
    const { lines, exchanges } = this.#station(device);
    return [...lines, ...exchanges].some(({ severed }) => severed);
  }

  // ---- what goes wrong

  cut(device: number): boolean {
    const { lines, exchanges } = this.#station(device);
    const isAnything = lines.size + exchanges.size > 0;
    for (const line of [...lines]) line.cut(this.#random.float() < 0.5);
    for (const exchange of [...exchanges]) exchange.break();
    return isAnything;
  }

  halfClose(device: number): boolean {
    const open = [...this.#station(device).lines].filter((line) => line.open);
    for (const line of open) line.halfClose(this.#random.float() < 0.5 ? "gateway" : "client");
    return open.length > 0;
  }

  /** Everything of one gateway breaks at once. */
  herd(gateway: number): boolean {
    const life = this.#house.gateways[gateway]?.life ?? null;
    let broken = 0;
    for (const { lines, exchanges } of this.#stations) {
      for (const one of [...lines, ...exchanges]) {
        if (life === null || one.life !== life) continue;
        broken++;
        if (one instanceof Line) one.cut(true);
        else one.break();
      }
    }
    return broken > 0;
  }

  /** For `ms` connections are cut on which nothing has passed for a minute. */
  cutIdle(ms: number, fired: () => void): void {
    this.#cutsIdle.begin(ms, null, fired);
    for (const { lines } of this.#stations) for (const line of lines) this.#watchIdle(line);
  }

  /** Something of a device's way goes wrong for a while. */
  trouble(fault: Extract<Fault, { readonly device: number; readonly ms: number }>, fired: () => void): void {
    const { path } = this.#station(fault.device);
    switch (fault.kind) {
      case "silence":
        path.silence(fault.way === "both" ? ["up", "down"] : [fault.way], fault.ms, fired);
        break;
      case "slow reader":
        path.slowReader(fault.ms, fired);
        break;
      case "lose answers":
        path.losesAnswers.begin(fault.ms, null, fired);
        break;
      case "lose acks":
        path.losesAcks.begin(fault.ms, null, fired);
        break;
      case "double frames":
        path.doubles.begin(fault.ms, null, fired);
        break;
      case "swap frames":
        path.swaps.begin(fault.ms, null, fired);
        break;
      case "slow network":
        path.slow.begin(fault.ms, null, fired);
        break;
      case "repeat polls":
        path.repeatsPolls.begin(fault.ms, null, fired);
        break;
      default:
        break;
    }
  }

  /** Says once more, on a connection of its own, what a device said in a session that is over. Whether there was one. */
  replay(device: number): boolean {
    const { recording, request } = this.#station(device);
    const texts = recording?.old ?? [];
    const life = this.#pick();
    if (texts.length === 0 || life === null) return false;
    replay({ time: this.#house.time, random: this.#random, request, life }, texts);
    return true;
  }

  heal(): void {
    this.#cutsIdle.end();
    for (const { path, lines, exchanges } of this.#stations) {
      path.heal();
      for (const { up, down } of [...lines]) {
        up.release();
        down.release();
      }
      for (const exchange of [...exchanges]) exchange.release();
    }
  }

  // ---- WebSockets

  #open(station: Station, device: NodeClock, noted: ConnectionLines, client: InProcessListener) {
    const { time } = this.#house;
    const { path, request, recording, refused } = station;
    const life = this.#pick();
    const filter = new FrameFilter(path, () => this.#random.float());
    const line: Line = new Line({
      ...{ time, request, device, life, filter, path },
      client: {
        onOpen: () => {
          noted.opened(line.node);
          client.onOpen();
        },
        onText: (text) => {
          noted.heard(text);
          client.onText(text);
        },
        onClose: (code) => {
          noted.closed(code, code === CLOSE.abnormal.code ? "network" : "gateway");
          client.onClose(code);
        },
      },
      wrote: (texts) => recording?.add(line, texts),
      told: (texts) => refused.frames(line.node, texts),
      over: () => {
        station.lines.delete(line);
      },
    });
    station.lines.add(line);
    line.begin();
    if (this.#cutsIdle.on) this.#watchIdle(line);
    return {
      send: (text: string) => line.write(text),
      close: (code: number) => {
        noted.closed(code, "device");
        line.leave(code);
      },
    };
  }

  #watchIdle(line: Line): void {
    const { time } = this.#house;
    if (line.open) this.#cutsIdle.strike();
    time.after(Math.max(1, line.activeAt + IDLE_MS - time.now), () => {
      if (line.over || !this.#cutsIdle.on) return;
      if (time.now - line.activeAt >= IDLE_MS) line.cut(true);
      else this.#watchIdle(line);
    });
  }

  // ---- HTTP

  async #fetch(
    station: Station,
    device: NodeClock,
    polls: PollLines,
    url: string,
    init: RequestInit,
  ): Promise<Response> {
    const headers = init.headers as Readonly<Record<string, string>>;
    const session = headers?.["earshot-session"] ?? null;
    const asking: Asking = { url, method: init.method ?? "GET", headers, body: (init.body ?? null) as string | null };
    const isPoll = new URL(url).pathname === `${BASE}/poll`;
    const life = this.#pick(session);
    const ask = (delayMs: number): Exchange => this.#exchange(station, device, life, asking, delayMs);
    const exchange = isPoll && session !== null ? this.#repeated(station.path, ask) : ask(0);
    exchange.awaited = isPoll && !url.endsWith("?wait=0");
    const { signal } = init;
    const abort = (): void => exchange.abort(signal?.reason as Error);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    if (init.keepalive && session !== null) polls.left(session);
    const poll = { session, body: asking.body };
    const answered = await exchange.answer.catch((error: Error) => {
      if (isPoll) polls.lost(poll);
      throw error;
    });
    signal?.removeEventListener("abort", abort);
    if (isPoll) {
      if (station.path.losesAnswers.on && this.#random.float() < 0.5 && station.path.losesAnswers.strike()) {
        polls.lost(poll);
        throw new TypeError("fetch failed");
      }
      polls.answered(poll, life?.name ?? "", answered);
    }
    return lightResponse(answered);
  }

  /** A poll may come twice, or so late that the next one comes before it. */
  #repeated(path: Path, ask: (delayMs: number) => Exchange): Exchange {
    if (!path.repeatsPolls.on) return ask(0);
    const luck = this.#random.float();
    if (luck >= 0.7) return ask(0);
    path.repeatsPolls.strike();
    if (luck < 0.35) return ask(this.#random.below(400));
    const first = ask(0);
    ask(this.#random.below(100)).answer.catch(() => {});
    return first;
  }

  #exchange(station: Station, device: NodeClock, life: GatewayLife | null, asking: Asking, delayMs: number): Exchange {
    const { path, request, exchanges, refused } = station;
    const exchange = new Exchange(
      {
        ...{ time: this.#house.time, device, life, path, address: request.address, base: BASE, delayMs },
        toldOfDeath: this.#random.float() < 0.7,
        told: (text) => refused.answer(life?.name ?? "", text),
        over: (one) => exchanges.delete(one),
      },
      asking,
    );
    exchanges.add(exchange);
    return exchange.begin();
  }

  // ---- in between

  /** A gateway for somebody who comes; the one that a session is on, if it is there. */
  #pick(session: string | null = null): GatewayLife | null {
    const { gateways } = this.#house;
    const own = session === null ? undefined : gateways.find(({ node }) => session.startsWith(`s_${node}_`));
    if (own?.life) return own.life;
    if (session === null && this.#random.float() < STALE) {
      return gateways[this.#random.below(gateways.length)]?.life ?? null;
    }
    const up = gateways.filter((gateway) => gateway.up);
    return up[this.#random.below(Math.max(1, up.length))]?.life ?? null;
  }

  #orphan(life: GatewayLife, resetInMs: number | null): void {
    for (const { lines } of this.#stations) {
      for (const line of [...lines]) if (line.life === life) line.orphan(resetInMs, this.#random.float() < 0.5);
    }
  }

  /** A device's process is dead: its machine ends its connections, or is dead too. */
  #abandon({ lines, exchanges }: Station): void {
    const isTold = this.#random.float() < 0.5;
    for (const line of [...lines]) line.abandon(isTold);
    for (const exchange of [...exchanges]) exchange.abandon();
  }

  #station(device: number): Station {
    const station = this.#stations[device];
    if (station === undefined) throw new Error(`the plan has no device ${device}`);
    return station;
  }
}
