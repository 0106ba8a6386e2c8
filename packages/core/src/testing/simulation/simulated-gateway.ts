import { isUserId } from "@earshot/protocol";
import { type ChatEngine, houseOf } from "../../chat-engine.ts";
import { membersPolicy } from "../../fanout/fanout-policy.ts";
import { SeededRandom } from "../seeded-random.ts";
import type { CrashPoint } from "./fault.ts";
import { GatewayLife } from "./gateway-life.ts";
import { Gauging } from "./gauging.ts";
import { NodeClock } from "./node-clock.ts";
import type { Plan } from "./plan.ts";
import type { SimulatedBus } from "./simulated-bus.ts";
import { SIMULATED_LIMITS } from "./simulated-limits.ts";
import type { SimulatedPresence } from "./simulated-presence.ts";
import type { SimulatedPortSurroundings, SimulatedStore } from "./simulated-store.ts";
import { TroublesomeHook } from "./troublesome-hook.ts";

export interface GatewaySurroundings extends SimulatedPortSurroundings {
  readonly index: number;
  readonly store: SimulatedStore;
  readonly bus: SimulatedBus;
  readonly presence: SimulatedPresence;
  readonly fanout: Plan["fanout"];
  /** Whether it has a hook that may be told to make trouble. */
  readonly troublesomeHook: boolean;
  readonly setUp?: (chat: ChatEngine) => void;
}

/** Longest time from a crash to its sockets' end, where they do not just fall silent. */
const RESET_WITHIN_MS = 50;
/** A process that could not start is started again after this, in ms. */
const START_AGAIN_MS = 1_000;

/** One gateway over its lives: each begins with an empty memory, under the same name. */
export class SimulatedGateway {
  readonly index: number;
  readonly node: string;
  readonly #house: GatewaySurroundings;
  readonly #hook: TroublesomeHook;
  readonly #gauging: Gauging;
  #lives = 0;
  #life: GatewayLife | null = null;
  #serves = false;
  /** ms by which the machine's wall clock is wrong, over all lives. */
  #offset = 0;
  /** Whether it is to stay down once it is. */
  #stopped = false;
  /** Whether it is to come back at once. */
  #healed = false;
  /** What to do when sockets of a life that was killed end: after so many ms, or never (null). */
  onCrash: ((life: GatewayLife, resetInMs: number | null) => void) | null = null;

  constructor(house: GatewaySurroundings) {
    this.#house = house;
    this.index = house.index;
    this.node = `n${house.index + 1}`;
    this.#hook = new TroublesomeHook(house.time, house.random);
    this.#gauging = new Gauging(house);
  }

  /** The life it lives; null: it is down. */
  get life(): GatewayLife | null {
    return this.#life;
  }

  /** Whether it serves: it has started, and does not leave. */
  get up(): boolean {
    return this.#serves;
  }

  get down(): boolean {
    return this.#life === null;
  }

  get stalled(): boolean {
    return this.#life?.clock.stalled === true;
  }

  /** The hook that makes trouble; null: it has none. */
  get hook(): TroublesomeHook | null {
    return this.#house.troublesomeHook ? this.#hook : null;
  }

  start(): void {
    if (this.#life !== null) return;
    this.#stopped = false;
    const { time, random, store, bus, presence, fanout, setUp, write, troublesomeHook } = this.#house;
    this.#lives++;
    const clock = new NodeClock(time, this.#offset);
    const life = new GatewayLife(time, clock, this.node, this.#lives);
    this.#life = life;
    const chat = life.begin({
      store: store.client(life),
      bus: bus.client(life),
      presence: presence.client(life),
      authenticate: ({ token }) => (isUserId(token) ? { user: token } : null),
      fanout: membersPolicy(fanout),
      node: this.node,
      limits: SIMULATED_LIMITS,
      clock,
      random: new SeededRandom(random.below(2 ** 32)),
    });
    setUp?.(chat);
    if (troublesomeHook) this.#hook.addTo(chat, clock);
    chat.start().then(
      () => {
        this.#serves = true;
        write({ t: time.now, p: life.name, ev: "start" });
      },
      () => {
        this.#end(life);
        if (!this.#stopped) time.after(START_AGAIN_MS, () => this.start());
      },
    );
  }

  /**
   * Dies at a point, and starts again `downMs` later. `fired`: called when it dies. What it had not yet written is
   * lost; its sockets end, or fall silent.
   */
  crash(point: CrashPoint, downMs: number, fired: () => void): void {
    const life = this.#life;
    if (life === null) return;
    const die = (): void => {
      fired();
      this.#die(life, downMs);
    };
    if (point === "now") die();
    else life.crash.plan(point, die);
  }

  /** SIGSTOP, and SIGCONT after `ms`. Whether there was a process. */
  stall(ms: number): boolean {
    this.#life?.clock.stall(ms);
    return this.#life !== null;
  }

  stepWallClock(byMs: number): void {
    this.#offset += byMs;
    this.#life?.clock.stepWall(byMs);
  }

  /** Leaves without a gap, within `within` ms, and starts again `downMs` later. Whether it served. `started`: it does again. */
  drain(within: number, downMs: number): boolean {
    const life = this.#life;
    if (life === null || !this.#serves) return false;
    this.#serves = false;
    const { time, write } = this.#house;
    write({ t: time.now, p: life.name, ev: "draining", within });
    life.run(() => {
      void life.chat
        .drain({ within })
        .then(() => this.#close(life))
        .then(() => {
          if (!this.#stopped) time.after(this.#healed ? 0 : downMs, () => this.start());
        });
    });
    return true;
  }

  /** Closes, and stays down. */
  stop(): void {
    this.#stopped = true;
    const life = this.#life;
    if (life === null) return;
    this.#serves = false;
    life.run(() => void this.#close(life));
  }

  /** Nothing is wrong any more: it goes on, or starts. */
  heal(): void {
    this.#healed = true;
    this.#hook.heal();
    this.#life?.crash.forget();
    this.#life?.clock.goOn();
    if (this.#life === null && !this.#stopped) this.start();
  }

  /** Looks at gauges. */
  gauge(): void {
    if (this.#life !== null) this.#gauging.look(this.#life);
  }

  /** Writes the highest that gauges have been. */
  writePeaks(): void {
    this.#gauging.writePeaks();
  }

  async #close(life: GatewayLife): Promise<void> {
    await life.chat.close();
    const { time, write } = this.#house;
    write({ t: time.now, p: life.name, ev: "stop" });
    this.#end(life);
  }

  #die(life: GatewayLife, downMs: number): void {
    const { time, random, write } = this.#house;
    write({ t: time.now, p: life.name, ev: "crash" });
    const resetInMs = random.float() < 0.7 ? random.below(RESET_WITHIN_MS) : null;
    this.onCrash?.(life, resetInMs);
    this.#end(life);
    time.after(downMs, () => {
      if (!this.#stopped) this.start();
    });
  }

  #end(life: GatewayLife): void {
    life.clock.kill();
    if (this.#life !== life) return;
    this.#life = null;
    this.#serves = false;
  }
}

/** What a gateway holds for connections, and the timers of its process. */
export function heldBy(life: GatewayLife): Readonly<Record<string, number>> {
  return { ...houseOf(life.chat).gauges(), timers: life.clock.pending };
}
