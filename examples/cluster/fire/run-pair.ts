import { checkHistory, TcpProxy, type Verdict } from "@earshot/core/testing";
import { freePort } from "../../../scripts/servers/free-port.ts";
import { type Choices, STORES } from "../src/choices.ts";
import { Cluster } from "../src/cluster.ts";
import { Connections } from "../src/connect.ts";
import type { GatewayProcess } from "../src/gateway-process.ts";
import type { PortUrls } from "../src/gateway-settings.ts";
import { storeOf } from "../src/ports-of.ts";
import { writeFinalLines } from "./final-lines.ts";
import type { FireOptions } from "./fire-options.ts";
import { type HerdFigures, herd } from "./herd.ts";
import { Load, pause } from "./load.ts";
import { Nemesis } from "./nemesis.ts";
import { Route } from "./route.ts";
import { RunNotes } from "./run-notes.ts";
import { makeScene, restlessIn, type Scene } from "./scene.ts";

const NODES = 3;
/** A commit is acknowledged long before it is on the disk: what a kill -9 of Postgres then takes away has to be noticed. */
const FORGETFUL = { synchronous_commit: "off", wal_writer_delay: 10_000, wal_writer_flush_after: 0 } as const;
/** Sends between two faults, so that each of them meets a load. */
const BETWEEN = 250;
const SENDS_WITHIN_MS = 60_000;
const QUIET_WITHIN_MS = 45_000;
/** Clients acknowledge within 1 s, gateways write watermarks every 2 s. */
const WATERMARKS_MS = 4_500;

export interface FireFigures {
  /** Until every device was connected again after a gateway was killed. */
  readonly backAfterMs: number | null;
  /** From a killed store's first answer to the first send that was acknowledged. */
  readonly sentAfterMs: number | null;
  /** Acknowledged while the bus was away. */
  readonly sentWithoutBus: number;
  readonly herd: HerdFigures | null;
}

export interface PairRun extends Choices {
  readonly seed: number;
  readonly seconds: number;
  readonly verdict: Verdict;
  readonly figures: FireFigures;
  readonly notes: RunNotes;
}

/** One store and one bus: a cluster under load, everything that befalls it, and what the history checker says. */
export async function runPair(choices: Choices, options: FireOptions, say: (text: string) => void): Promise<PairRun> {
  const from = performance.now();
  const proxies: TcpProxy[] = [];
  const notes = new RunNotes();
  const cluster = new Cluster(
    { ...choices, nodes: NODES, port: await freePort(), drainMs: 0, json: false },
    { say, reroute: (urls) => throughProxy(urls, proxies), ...(options.control ? { postgres: FORGETFUL } : {}) },
  );
  try {
    await cluster.start();
    const [busProxy] = proxies;
    if (busProxy === undefined) throw new Error("unable to go on; nothing stands before the bus");
    const route = new Route(cluster.gateways);
    const figures = await new PairConduct({ choices, options, cluster, busProxy, route, notes, say }).run();
    const verdict = checkHistory(notes.lines);
    const herdFigures = await endWithHerd(cluster.gateways, options, say);
    const seconds = Math.round((performance.now() - from) / 100) / 10;
    return { ...choices, seed: options.seed, seconds, verdict, notes, figures: { ...figures, herd: herdFigures } };
  } finally {
    await cluster.stop();
    for (const proxy of proxies) await proxy.close();
  }
}

/** The bus is reached by a way of its own, which can be closed though store and bus may be one server. */
async function throughProxy(urls: PortUrls, proxies: TcpProxy[]): Promise<PortUrls> {
  const bus = new URL(urls.bus);
  const proxy = await TcpProxy.to({ host: bus.hostname, port: Number(bus.port) });
  proxies.push(proxy);
  bus.hostname = "127.0.0.1";
  bus.port = String(proxy.port);
  return { ...urls, bus: bus.href };
}

async function endWithHerd(
  [first, second, ...others]: readonly GatewayProcess[],
  { herd: connections, seed }: FireOptions,
  say: (text: string) => void,
): Promise<HerdFigures | null> {
  if (connections === 0 || first === undefined || second === undefined) return null;
  const figures = await herd([first, second, ...others], connections, `${seed}`);
  const { back, p50, p99, max } = figures;
  say(
    `${first.node} killed with ${connections} connections; ${back} back and caught up, p50 ${p50}, p99 ${p99}, last ${max} ms`,
  );
  return figures;
}

interface PairHost {
  readonly choices: Choices;
  readonly options: FireOptions;
  readonly cluster: Cluster;
  readonly busProxy: TcpProxy;
  readonly route: Route;
  readonly notes: RunNotes;
  say(text: string): void;
}

/** The part of a run that is written down. */
class PairConduct {
  readonly #host: PairHost;

  constructor(host: PairHost) {
    this.#host = host;
  }

  async run(): Promise<Omit<FireFigures, "herd">> {
    const { choices, options, cluster, route, notes } = this.#host;
    for (const gateway of cluster.gateways) notes.process(route.lifeOf(gateway), "start");
    let load: Load | null = null;
    const scene = await makeScene({
      ...{ route, notes, seed: options.seed, tag: `${options.seed}` },
      onAcknowledged: () => load?.noteAcknowledged(),
    });
    load = new Load(scene.devices, options.seed);
    const connections = new Connections(() => {});
    try {
      const figures = await this.#befall(scene, load);
      load.stop();
      await this.#settle(scene);
      const store = await storeOf(choices.store, connections, cluster.system(STORES[choices.store]).url);
      await store.open();
      await writeFinalLines(scene, store, route, notes);
      await store.close();
      return figures;
    } finally {
      load.stop();
      await Promise.all(scene.devices.map((device) => device.stop()));
      await connections.close();
    }
  }

  async #befall(scene: Scene, load: Load): Promise<Omit<FireFigures, "herd">> {
    const { options, cluster } = this.#host;
    const nemesis = new Nemesis({ ...this.#host, scene, load });
    const [, second] = cluster.gateways;
    if (second === undefined) throw new Error("unable to go on; the cluster has one gateway");
    await this.#more(load, BETWEEN);
    const backAfterMs = await nemesis.killGateway(second);
    await this.#more(load, BETWEEN);
    const sentAfterMs = await nemesis.killStore();
    await this.#more(load, BETWEEN);
    await nemesis.cutSubscribers();
    await this.#more(load, BETWEEN);
    const sentWithoutBus = await nemesis.stopBus();
    await this.#more(load, Math.max(BETWEEN, options.sends - load.acknowledged));
    return { backAfterMs, sentAfterMs, sentWithoutBus };
  }

  async #more(load: Load, sends: number): Promise<void> {
    const before = load.acknowledged;
    if (await load.more(sends, SENDS_WITHIN_MS)) return;
    const came = load.acknowledged - before;
    throw new Error(`unable to go on; of ${sends} sends ${came} were acknowledged within ${SENDS_WITHIN_MS / 1000} s`);
  }

  /** Nothing befalls anybody any more: until all is quiet, or the time for it has passed. */
  async #settle(scene: Scene): Promise<void> {
    const { notes, say } = this.#host;
    notes.tell({ ev: "heal" });
    const from = performance.now();
    let why: readonly string[] = [];
    do {
      await pause(50);
      why = restlessIn(scene);
    } while (why.length > 0 && performance.now() - from < QUIET_WITHIN_MS);
    const quietAfter = performance.now() - from;
    if (why.length === 0) await pause(WATERMARKS_MS);
    notes.tell(why.length === 0 ? { ev: "quiesced", quiet: true } : { ev: "quiesced", quiet: false, why });
    say(why.length === 0 ? `quiet after ${Math.round(quietAfter)} ms` : `not quiet: ${why.join("; ")}`);
  }
}
