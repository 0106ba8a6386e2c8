import type { ChatEngine } from "../../chat-engine.ts";
import { SeededRandom } from "../seeded-random.ts";
import { applyFault } from "./apply-fault.ts";
import { type Asked, askEngine } from "./ask-engine.ts";
import { compareWithIdle } from "./compare-with-idle.ts";
import type { DeviceFault } from "./device-fault.ts";
import type { Fault } from "./fault.ts";
import { FaultCounts, type Fired, type WriteLine } from "./fault-counts.ts";
import { Network } from "./network.ts";
import { NodeClock } from "./node-clock.ts";
import type { Plan } from "./plan.ts";
import { SimulatedBus } from "./simulated-bus.ts";
import { SimulatedGateway } from "./simulated-gateway.ts";
import { SimulatedPresence } from "./simulated-presence.ts";
import { SimulatedStore } from "./simulated-store.ts";
import { SimulatedTime } from "./time.ts";

export interface WorldOptions {
  readonly plan: Plan;
  /** Takes the lines of gateways and of the controller, in order. */
  readonly write: WriteLine;
  /** Called with every engine before it starts, also after a crash: where adopters add their hooks. */
  readonly setUp?: (chat: ChatEngine) => void;
  /**
   * Executes a fault of a device, and calls `fired` at the moment in which it really happens (a crash "before save":
   * when something is saved), with whom it befell.
   */
  readonly device?: (fault: DeviceFault, fired: (target: string) => void) => void;
}

/**
 * Gateways, their store, bus and presence, and the network that devices come by, under one virtual time and one
 * seed: the same plan is the same run, whatever the machine.
 *
 * In order: `start`; what has to be there before anything goes wrong; `begin`; `time.run`, for the plan's `fireMs`;
 * `heal`; `time.run` until all is quiet; `stop`.
 */
export class SimulatedWorld {
  readonly plan: Plan;
  readonly time = new SimulatedTime();
  /** The ways by which devices reach gateways. */
  readonly network: Network;
  readonly gateways: readonly SimulatedGateway[];
  readonly store: SimulatedStore;
  readonly bus: SimulatedBus;
  readonly presence: SimulatedPresence;
  readonly #options: WorldOptions;
  readonly #random: SeededRandom;
  readonly #counts: FaultCounts;
  #began = 0;
  /** null: they have not. */
  #healedAt: number | null = null;

  constructor(options: WorldOptions) {
    const { plan, write, setUp } = options;
    this.plan = plan;
    this.#options = options;
    this.#random = new SeededRandom(plan.seed);
    this.#counts = new FaultCounts(this.time, write);
    const { time } = this;
    const forked = () => ({ time, random: this.fork(), write });
    this.store = new SimulatedStore(forked());
    this.bus = new SimulatedBus(forked());
    this.presence = new SimulatedPresence(forked());
    const { store, bus, presence } = this;
    const ports = { store, bus, presence };
    // a host's hooks are the same on every node
    const trouble = plan.faults.some(({ kind }) => kind === "hook trouble");
    this.gateways = Array.from({ length: plan.gateways }, (_, index) => {
      const own = { index, fanout: plan.fanout, troublesomeHook: trouble };
      return new SimulatedGateway({ ...forked(), ...ports, ...own, ...(setUp && { setUp }) });
    });
    this.network = new Network({ ...forked(), plan, gateways: this.gateways });
  }

  /** Chance of its own for another part of the run. */
  fork(): SeededRandom {
    return new SeededRandom(this.#random.below(2 ** 32));
  }

  /** A process that has just begun; its wall clock is `offset` ms wrong. */
  process(offset = 0): NodeClock {
    return new NodeClock(this.time, offset);
  }

  /** Faults that have really happened so far. */
  get fired(): Fired {
    return this.#counts;
  }

  /** Whether the plan's faults have ended. */
  get healed(): boolean {
    return this.#healedAt !== null;
  }

  /** The moment of the plan's time 0. */
  get began(): number {
    return this.#began;
  }

  /** Starts all gateways, and lets time go on until they serve. */
  async start(): Promise<void> {
    for (const gateway of this.gateways) gateway.start();
    await this.#until(() => this.gateways.every(({ up }) => up), "the gateways did not start");
  }

  /** The plan's time begins: its faults happen from now on. */
  begin(): void {
    this.#began = this.time.now;
    this.#gauge();
    for (const fault of this.plan.faults) {
      this.time.after(fault.at, () => {
        if (!this.healed) this.apply(fault);
      });
    }
  }

  /** Lets a fault happen now. */
  apply(fault: Fault): void {
    const fired = (target: string) => this.#counts.fired(fault, target);
    switch (fault.kind) {
      case "crash device":
      case "fail storage":
      case "wipe storage":
      case "sleep device":
        this.#options.device?.(fault, fired);
        return;
      default:
        applyFault(this, fault, fired);
    }
  }

  /** Whether a gateway (an index) serves. */
  gatewayUp(gateway: number): boolean {
    return this.gateways[gateway]?.up === true;
  }

  /**
   * Asks some engine that serves, as a host does: `world.ask((chat) => chat.system.conversation("c1").send({…}))`.
   * Time has to go on meanwhile. `info` at once where none serves.
   */
  ask<T>(work: (chat: ChatEngine) => Promise<T>): Promise<Asked<T>> {
    const up = this.gateways.filter((gateway) => gateway.up && !gateway.stalled);
    return askEngine(up[this.#random.below(up.length)], work);
  }

  /** Asks until an answer is definite, letting time go on itself: for what has to be there before the run begins, and after. */
  async settle<T>(work: (chat: ChatEngine) => Promise<T>): Promise<T> {
    for (let asked = 0; asked < ASKED_MAX; asked++) {
      let came: Asked<T> | null = null;
      void this.ask(work).then((answer) => {
        came = answer;
      });
      await this.#until(() => came !== null, "an engine did not answer");
      const answer = came as Asked<T> | null;
      if (answer?.outcome === "ok") return answer.value;
      if (answer?.outcome === "fail") throw answer.error;
      await this.time.run(this.time.now + ASKED_AGAIN_MS);
    }
    throw new Error("unable to ask an engine; none could tell");
  }

  /** Ends all faults, and starts what is down. Connections that are dead without knowing stay so. */
  heal(): void {
    this.#healedAt = this.time.now;
    for (const gateway of this.gateways) gateway.writePeaks();
    this.network.heal();
    this.store.heal();
    this.bus.heal();
    this.presence.heal();
    for (const gateway of this.gateways) gateway.heal();
    this.#options.write({ t: this.time.now, p: "sim", ev: "heal" });
  }

  /**
   * When all devices have been gone for a while: writes what gateways still hold (`left`), and as `baseline` what one
   * holds that nobody has ever come to; more is left of somebody (I25). Lets some seconds go by.
   */
  async compare(): Promise<void> {
    const { time, gateways } = this;
    const { setUp, write } = this.#options;
    await compareWithIdle({ time, gateways, setUp }, write);
  }

  /** Closes all gateways, letting time go on meanwhile, and says what they leave behind: timers. */
  async stop(): Promise<void> {
    for (const gateway of this.gateways) gateway.stop();
    await this.#until(() => this.gateways.every(({ down }) => down), "the gateways did not stop");
  }

  /** Again and again, while anything goes on. From outside: it is no timer of a process. */
  #gauge(): void {
    this.time.after(GAUGED_EVERY_MS, () => {
      for (const gateway of this.gateways) gateway.gauge();
      if (this.#healedAt === null || this.time.now < this.#healedAt + GAUGED_MS) this.#gauge();
    });
  }

  async #until(stop: () => boolean, otherwise: string): Promise<void> {
    await this.time.run(this.time.now + WITHIN_MS, stop);
    if (!stop()) throw new Error(`${otherwise} within ${WITHIN_MS} ms`);
  }
}

/** Virtual time for what the world itself waits for. */
const WITHIN_MS = 120_000;
const ASKED_AGAIN_MS = 500;
const ASKED_MAX = 60;
/** Time between two looks at gauges; and how long after the healing there are any, in ms. */
const GAUGED_EVERY_MS = 1_000;
const GAUGED_MS = 20_000;
