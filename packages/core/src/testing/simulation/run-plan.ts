import type { Body, UserId } from "@earshot/protocol";
import type { ChatEngine } from "../../chat-engine.ts";
import { CHECK_BOUNDS } from "./checker/check-bounds.ts";
import type { Fired } from "./fault-counts.ts";
import { writeFinalState } from "./final-state.ts";
import { History } from "./history.ts";
import type { Operation, Plan, PlannedConversation } from "./plan.ts";
import type { SimulatedClientFactory } from "./simulated-client.ts";
import { SimulatedDevice } from "./simulated-device.ts";
import { SimulatedWorld } from "./world.ts";

/** Time between the beginnings of two devices, in ms. */
const DEVICES_APART_MS = 30;
/** Longest time from healing to quiet, in ms; I9 and I24 are told by the lines. */
const QUIET_WITHIN_MS = 120_000;
/** How often it is looked, in ms; and for how long all must have been quiet. */
const LOOK_EVERY_MS = 2_000;
const QUIET_LOOKS = 6;
/** Time after which it is known of everybody who is not there that they are not, in ms: what I21 is held to, and a second. */
const PRESENCE_SETTLES_MS = CHECK_BOUNDS.goneMs + 2 * CHECK_BOUNDS.presenceLagMs + 1_000;
/** Time after which a gateway is back that is not missed for long, in ms. */
const SOON_MS = 1_000;
/** Time after which nothing of a device is left, in ms. */
const GONE_AFTER_MS = 60_000;

export interface RunOptions {
  readonly clients: SimulatedClientFactory;
  /** Called with every engine before it starts, also after a crash. */
  readonly setUp?: ((chat: ChatEngine) => void) | undefined;
  /** What users write; `text` is another one each time. */
  readonly body?: ((text: string) => Body) | undefined;
}

export interface Run {
  readonly plan: Plan;
  readonly history: History;
  /** What has happened, in steps of the virtual event loop. */
  readonly events: number;
  readonly fired: Fired;
}

/** Runs a plan to its end: under fire, then healed. The same plan is the same history. */
export async function runPlan(plan: Plan, options: RunOptions): Promise<Run> {
  await options.clients.ready();
  const run = new PlannedRun(plan, options);
  await run.begin();
  await run.underFire();
  await run.healed();
  await run.end();
  return { plan, history: run.history, events: run.world.time.steps, fired: run.world.fired };
}

class PlannedRun {
  readonly history = new History();
  readonly world: SimulatedWorld;
  readonly #plan: Plan;
  readonly #devices: readonly SimulatedDevice[];

  constructor(plan: Plan, { clients, setUp, body = (text) => ({ text }) }: RunOptions) {
    this.#plan = plan;
    const write = this.history.add;
    const world = new SimulatedWorld({
      ...{ plan, write },
      ...(setUp && { setUp }),
      device: (fault, fired) => this.#devices[fault.device]?.befall(fault, fired),
    });
    this.world = world;
    this.#devices = plan.devices.map(
      (device, index) =>
        new SimulatedDevice({
          ...{ device, clients, body, write, random: world.fork() },
          process: () => world.process(),
          way: (clock, p) => world.network.way(index, clock, p),
          after: (ms, work) => void world.time.after(ms, work),
        }),
    );
  }

  /** Gateways serve, and conversations are there. */
  async begin(): Promise<void> {
    await this.world.start();
    for (const conversation of this.#plan.conversations) {
      await this.world.settle((chat) => create(chat, conversation));
    }
    for (const [index, device] of this.#devices.entries()) {
      this.world.time.after(index * DEVICES_APART_MS, () => device.start());
    }
  }

  async underFire(): Promise<void> {
    const { time } = this.world;
    this.world.begin();
    for (const operation of this.#plan.operations) time.after(operation.at, () => this.#do(operation));
    await time.run(this.world.began + this.#plan.fireMs);
  }

  /** Everything has to come right again. */
  async healed(): Promise<void> {
    const { time } = this.world;
    this.world.heal();
    for (const device of this.#devices) device.heal();
    this.#open();
    // in every other run nobody says a word any more: no later event shows that the last one was lost (trap 1)
    time.after(LOOK_EVERY_MS, () => {
      for (const device of this.#devices) device.greet(this.#plan.seed % 4 < 2);
    });
    const until = time.now + QUIET_WITHIN_MS;
    let why: readonly string[] = [];
    const kicked = new Set(this.#plan.faults.flatMap((fault) => (fault.kind === "kick" ? [fault.user] : [])));
    for (let quiet = 0; quiet < QUIET_LOOKS && time.now < until; quiet = why.length === 0 ? quiet + 1 : 0) {
      await time.run(time.now + LOOK_EVERY_MS);
      // who did not read for a while may have heard of it only now
      for (const device of this.#devices) if (kicked.has(device.user)) device.readmit();
      why = this.#devices.flatMap(({ name, restless }, index) =>
        this.world.network.severed(index) ? `${name} is cut off, and does not know it` : (restless ?? []),
      );
    }
    const quiet = why.length === 0;
    this.history.add({ t: time.now, p: "sim", ev: "quiesced", quiet, ...(quiet ? {} : { why }) });
    await writeFinalState(this.world, this.#devices, this.history.add);
  }

  /** Where every window was shut again somebody looks: else nothing would say whether anybody has everything (I9). */
  #open(): void {
    const [conversation] = this.#plan.conversations;
    if (conversation === undefined || this.#devices.some(({ looked }) => looked.size > 0)) return;
    const at = this.world.time.now;
    for (const [device, each] of this.#devices.entries()) each.do({ at, op: "open", device, conv: conversation.id });
  }

  /** Some leave, in one way or the other, which the rest has to see; then all, and nothing of them is to be left. */
  async end(): Promise<void> {
    const { time } = this.world;
    const { seed } = this.#plan;
    const [first, second] = this.#devices;
    void first?.stop();
    // in every other run one goes without a word, in every fourth together with the gateway that it is on
    if (seed % 4 === 0) this.world.network.hostOf(1)?.crash("now", seed % 8 === 0 ? SOON_MS : GONE_AFTER_MS, () => {});
    if (seed % 2 === 0) second?.crash();
    await time.run(time.now + PRESENCE_SETTLES_MS);
    for (const [of, on] of this.#present()) this.history.add({ t: time.now, p: "sim", ev: "alive", of, on });
    for (const device of this.#devices) void device.stop();
    await time.run(time.now + GONE_AFTER_MS);
    await this.world.compare();
    await this.world.stop();
  }

  #do(operation: Operation): void {
    switch (operation.op) {
      case "members":
        this.#changeMembers(operation);
        break;
      case "create":
        void this.world.ask((chat) => create(chat, operation.conversation));
        break;
      default:
        this.#devices[operation.device]?.do(operation);
    }
  }

  #changeMembers({ conv, members }: Extract<Operation, { readonly op: "members" }>): void {
    const tell = (outcome: "asked" | "ok" | "fail" | "info"): void => {
      this.history.add({ t: this.world.time.now, p: "sim", ev: "change", conv, members, outcome });
    };
    tell("asked");
    void this.world
      .ask((chat) => chat.system.conversation(conv).setMembers(members))
      .then(({ outcome }) => tell(outcome));
  }

  #present(): ReadonlyMap<UserId, boolean> {
    const present = new Map<UserId, boolean>();
    for (const { user, life } of this.#devices) {
      present.set(user, present.get(user) === true || life?.client.online === true);
    }
    return present;
  }
}

function create(chat: ChatEngine, { id, kind, creator, members, wholeHistory }: PlannedConversation): Promise<unknown> {
  const history = wholeHistory ? ({ history: "all" } as const) : {};
  return chat.as(creator).create({ id, kind, members, ...history });
}
