import type { ChatEngine } from "../../chat-engine.ts";
import type { Asked } from "./ask-engine.ts";
import type { DeviceFault } from "./device-fault.ts";
import type { Fault } from "./fault.ts";
import type { Network } from "./network.ts";
import type { Plan } from "./plan.ts";
import type { SimulatedBus } from "./simulated-bus.ts";
import type { SimulatedGateway } from "./simulated-gateway.ts";
import type { SimulatedPresence } from "./simulated-presence.ts";
import type { SimulatedStore } from "./simulated-store.ts";
import type { SimulatedTime } from "./time.ts";

/** What faults befall. */
export interface FaultyWorld {
  readonly plan: Plan;
  readonly time: SimulatedTime;
  readonly network: Network;
  readonly gateways: readonly SimulatedGateway[];
  readonly store: SimulatedStore;
  readonly bus: SimulatedBus;
  readonly presence: SimulatedPresence;
  /** The moment of the plan's time 0. */
  readonly began: number;
  readonly healed: boolean;
  ask<T>(work: (chat: ChatEngine) => Promise<T>): Promise<Asked<T>>;
}

/** Lets a fault happen that befalls gateways, their ports or the network. `fired`: called when it really does. */
export function applyFault(
  world: FaultyWorld,
  fault: Exclude<Fault, DeviceFault>,
  fired: (target: string) => void,
): void {
  if ("device" in fault) applyToDevice(world, fault, fired);
  else if ("gateway" in fault) applyToGateway(world, fault, fired);
  else applyToAll(world, fault, fired);
}

function applyToAll(
  world: FaultyWorld,
  fault: Exclude<Fault, { readonly device: number } | { readonly gateway: number }>,
  fired: (target: string) => void,
): void {
  const { store, bus, presence, network, gateways } = world;
  switch (fault.kind) {
    case "rolling restart":
      restartAll(world, fault.within, fired);
      return;
    case "cut idle":
      network.cutIdle(fault.ms, () => fired("network"));
      return;
    case "bus down":
      bus.down(fault.ms, () => fired("bus"));
      return;
    case "bus unreliable":
      bus.unreliable(fault.ms, fault, () => fired("bus"));
      return;
    case "bus partition": {
      const [a, b] = fault.gateways.map((index) => gateways[index]?.node ?? "");
      if (a && b && a !== b) bus.partition(a, b, fault.ms, () => fired(`${a} ${b}`));
      return;
    }
    case "store down":
      store.down(fault.ms, () => fired("store"));
      return;
    case "store flapping":
      store.flap(fault.ms, () => fired("store"));
      return;
    case "store refuses":
      store.refuse(fault.ms, fault.chance, () => fired("store"));
      return;
    case "store slow":
      store.slow(fault.ms, fault.upToMs, () => fired("store"));
      return;
    case "store loses answers":
      store.loseAnswers(fault.ms, fault.chance, () => fired("store"));
      return;
    case "store rewound":
      store.rewind(Math.max(world.began, world.time.now - fault.byMs), () => fired("store"));
      return;
    case "presence down":
      presence.down(fault.ms, () => fired("presence"));
      return;
    case "kick":
    case "revoke":
      endSessions(world, fault, fired);
      return;
  }
}

function applyToDevice(
  { network, plan }: FaultyWorld,
  fault: Exclude<Extract<Fault, { readonly device: number }>, DeviceFault>,
  told: (target: string) => void,
): void {
  const fired = (): void => told(plan.devices[fault.device]?.name ?? "");
  switch (fault.kind) {
    case "cut":
      if (network.cut(fault.device)) fired();
      return;
    case "half close":
      if (network.halfClose(fault.device)) fired();
      return;
    case "replay old session":
      if (network.replay(fault.device)) fired();
      return;
    default:
      network.trouble(fault, fired);
  }
}

function applyToGateway(
  { gateways, network, bus, store }: FaultyWorld,
  fault: Extract<Fault, { readonly gateway: number }>,
  told: (target: string) => void,
): void {
  const gateway = gateways[fault.gateway];
  if (gateway === undefined) return;
  const fired = (): void => told(gateway.node);
  switch (fault.kind) {
    case "crash gateway":
      gateway.crash(fault.point, fault.downMs, fired);
      return;
    case "stall gateway":
      if (gateway.stall(fault.ms)) fired();
      return;
    case "drain gateway":
      if (gateway.drain(fault.within, fault.downMs)) fired();
      return;
    case "hook trouble":
      gateway.hook?.makeTrouble(fault.ms, fired);
      return;
    case "step wall clock":
      gateway.stepWallClock(fault.byMs);
      fired();
      return;
    case "herd":
      if (network.herd(fault.gateway)) fired();
      return;
    case "bus interrupted":
      if (bus.interrupt(gateway.node)) fired();
      return;
    case "bus deaf":
      bus.deafen(gateway.node, fault.ms, fired);
      return;
    case "store cut off":
      store.cutOff(gateway.node, fault.ms, fired);
      return;
  }
}

/** How often a rolling restart looks whether the next one's turn has come, in ms. */
const LOOK_EVERY_MS = 250;

/** One gateway after the other leaves and comes back; who is down already is passed over. */
function restartAll(world: FaultyWorld, within: number, fired: (target: string) => void): void {
  const { gateways, time } = world;
  let isFirst = true;
  const turn = (index: number): void => {
    const gateway = gateways[index];
    if (gateway === undefined || world.healed) return;
    if (!gateway.drain(within, 0)) {
      turn(index + 1);
      return;
    }
    if (isFirst) fired("all");
    isFirst = false;
    const look = (): void => {
      if (gateway.up) turn(index + 1);
      else time.after(LOOK_EVERY_MS, look);
    };
    time.after(LOOK_EVERY_MS, look);
  };
  turn(0);
}

function endSessions(
  world: FaultyWorld,
  { kind, user }: Extract<Fault, { readonly kind: "kick" | "revoke" }>,
  fired: (target: string) => void,
): void {
  void world
    .ask(async (chat) => {
      fired(user);
      await (kind === "kick" ? chat.kick(user) : chat.revoke(user));
    })
    .catch(() => {});
}
