import type { TcpProxy } from "@earshot/core/testing";
import { BUSES, type Choices, STORES } from "../src/choices.ts";
import type { Cluster } from "../src/cluster.ts";
import type { GatewayProcess } from "../src/gateway-process.ts";
import type { RunningSystem } from "../src/start-systems.ts";
import { cutSubscribers } from "./cut-subscribers.ts";
import { type Load, pause } from "./load.ts";
import type { Route } from "./route.ts";
import type { RunNotes } from "./run-notes.ts";
import type { Scene } from "./scene.ts";

const GATEWAY_DOWN_MS = 1_500;
const STORE_DOWN_MS = 500;
const BUS_DOWN_MS = 10_000;
const CUTS = 3;
const CUTS_APART_MS = 1_500;
/** What would be measured has not come by then. */
const GIVEN_UP_MS = 30_000;

export interface NemesisHost {
  readonly choices: Choices;
  readonly cluster: Cluster;
  readonly route: Route;
  /** Between the gateways and their bus. */
  readonly busProxy: TcpProxy;
  readonly scene: Scene;
  readonly load: Load;
  readonly notes: RunNotes;
  say(text: string): void;
}

/** What befalls a cluster under load, each once, one after another; figures in ms, null: it never came. */
export class Nemesis {
  readonly #host: NemesisHost;

  constructor(host: NemesisHost) {
    this.#host = host;
  }

  /** kill -9, and a new process on its port a moment later. Gives how long it took until every device was connected again. */
  async killGateway(gateway: GatewayProcess): Promise<number | null> {
    const { route, notes, scene, say } = this.#host;
    notes.fault("crash gateway", gateway.node);
    const from = performance.now();
    await gateway.kill();
    notes.process(route.lifeOf(gateway), "crash");
    await pause(20);
    const online = await until(() => scene.devices.every((device) => device.online));
    const back = online ? performance.now() - from : null;
    say(`${gateway.node} killed; every device connected again after ${ms(back)}`);
    await pause(GATEWAY_DOWN_MS);
    route.begin(gateway);
    notes.process(route.lifeOf(gateway), "start");
    await gateway.start();
    return back;
  }

  /** kill -9 and a new start. Gives how long after it answered again the first send was acknowledged. */
  async killStore(): Promise<number | null> {
    const { choices, load, notes, say } = this.#host;
    const server = serverOf(this.#system(STORES[choices.store]));
    notes.fault("F43", choices.store);
    await server.kill();
    await pause(STORE_DOWN_MS);
    await server.restart();
    const first = await load.firstWithin(GIVEN_UP_MS);
    say(`${choices.store} killed and started; the first send was acknowledged ${ms(first)} after it answered`);
    return first;
  }

  async cutSubscribers(): Promise<void> {
    const { choices, busProxy, notes, say } = this.#host;
    const system = this.#system(BUSES[choices.bus]);
    for (let cut = 0; cut < CUTS; cut++) {
      notes.fault("F37", choices.bus);
      say(`subscribers of ${choices.bus} cut: ${await cutSubscribers({ bus: choices.bus, system, proxy: busProxy })}`);
      await pause(CUTS_APART_MS);
    }
  }

  /** The bus is away for 10 s: its server, or where the store lives on it too the way there. Gives what was acknowledged meanwhile. */
  async stopBus(): Promise<number> {
    const { choices, busProxy, load, notes, say } = this.#host;
    const system = this.#system(BUSES[choices.bus]);
    const alone = BUSES[choices.bus] !== STORES[choices.store];
    notes.fault("F36", choices.bus);
    const before = load.acknowledged;
    if (alone) await serverOf(system).kill();
    else {
      busProxy.refuse();
      busProxy.cut();
    }
    await pause(BUS_DOWN_MS);
    const meanwhile = load.acknowledged - before;
    if (alone) await serverOf(system).restart();
    else await busProxy.accept();
    say(`${choices.bus} was away for ${BUS_DOWN_MS / 1000} s; ${meanwhile} sends were acknowledged meanwhile`);
    return meanwhile;
  }

  #system(system: RunningSystem["system"]): RunningSystem {
    return this.#host.cluster.system(system);
  }
}

function serverOf({ system, server }: RunningSystem): NonNullable<RunningSystem["server"]> {
  if (server === null) throw new Error(`unable to kill ${system}; it was not started here`);
  return server;
}

async function until(holds: () => boolean): Promise<boolean> {
  const end = performance.now() + GIVEN_UP_MS;
  while (!holds() && performance.now() < end) await pause(5);
  return holds();
}

function ms(value: number | null): string {
  return value === null ? "never" : `${Math.round(value)} ms`;
}
