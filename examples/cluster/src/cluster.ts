import type { PostgresSettings } from "../../../scripts/servers/start-postgres.ts";
import { BUSES, PRESENCES, STORES, type System, systemsOf } from "./choices.ts";
import { GatewayProcess } from "./gateway-process.ts";
import type { PortUrls } from "./gateway-settings.ts";
import type { ClusterOptions } from "./options.ts";
import { portOf, type RunningSystem, startSystems, stopSystems } from "./start-systems.ts";

/** What is said on stdout once the cluster is ready. */
export interface ReadyLine {
  readonly ready: true;
  readonly nodes: readonly { readonly node: string; readonly url: string; readonly pid: number | null }[];
  readonly services: Readonly<Record<string, { readonly port: number; readonly pid: number | null }>>;
}

export interface ClusterHost {
  /** Told of progress, a line each. */
  say(text: string): void;
  /** Settings of the Postgres that is started, if one is. */
  readonly postgres?: PostgresSettings;
  /** Other addresses for the gateways to live at: something may stand in between. Default: those that there are. */
  reroute?(urls: PortUrls): Promise<PortUrls>;
}

/** Gateways as child processes on shared systems. All of it ends with this process, however it ends. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #host: ClusterHost;
  #systems: RunningSystem[] = [];
  #gateways: GatewayProcess[] = [];
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  constructor(options: ClusterOptions, host: ClusterHost) {
    this.#options = options;
    this.#host = host;
  }

  get gateways(): readonly GatewayProcess[] {
    return this.#gateways;
  }

  /** The server that lives there; throws if this cluster needs none. */
  system(system: System): RunningSystem {
    const running = this.#systems.find((each) => each.system === system);
    if (running === undefined) throw new Error(`unable to find ${system}; this cluster needs none`);
    return running;
  }

  /** Resolves when every gateway serves; false: it was told to stop meanwhile. Where one does not, all is stopped and the reason thrown. */
  async start(): Promise<boolean> {
    this.#starting = this.#start();
    try {
      await this.#starting;
      return this.#stopping === null;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Every gateway drains and closes, then the servers end. May be called at any time, and twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  readyLine(): ReadyLine {
    const nodes = this.#gateways.map(({ node, url, pid }) => ({ node, url: `${url}/chat`, pid }));
    const services = this.#systems.map((running) => {
      return [running.system, { port: portOf(running), pid: running.server?.pid ?? null }] as const;
    });
    return { ready: true, nodes, services: Object.fromEntries(services) };
  }

  async #start(): Promise<void> {
    const { nodes, port, drainMs, store, bus, presence } = this.#options;
    this.#systems = await startSystems(systemsOf(this.#options), (text) => this.#host.say(text), this.#host.postgres);
    const direct = {
      store: this.system(STORES[store]).url,
      bus: this.system(BUSES[bus]).url,
      presence: this.system(PRESENCES[presence]).url,
    };
    const urls = (await this.#host.reroute?.(direct)) ?? direct;
    for (let index = 0; index < nodes && this.#stopping === null; index++) {
      const node = `n${index + 1}`;
      const settings = { node, port: port + index, anyPort: true, drainMs, store, bus, presence, urls };
      this.#gateways.push(new GatewayProcess(settings, (how) => this.#host.say(`${node} ended: ${how}`)));
    }
    await Promise.all(this.#gateways.map((gateway) => this.#startGateway(gateway)));
  }

  async #startGateway(gateway: GatewayProcess): Promise<void> {
    await gateway.start();
    this.#host.say(`${gateway.node}: ${gateway.url}, pid ${gateway.pid}`);
  }

  async #stop(): Promise<void> {
    await this.#starting.catch(() => {});
    this.#host.say("every gateway drains");
    await Promise.all(this.#gateways.map((gateway) => gateway.stop()));
    await stopSystems(this.#systems);
  }
}
