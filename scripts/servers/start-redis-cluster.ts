import { converse } from "./converse.ts";
import { freePort } from "./free-port.ts";
import { type RedisOptions, startRedis } from "./start-redis.ts";
import type { StartedServer } from "./started-server.ts";

const SLOTS = 16_384;
const JOINED_WITHIN_MS = 20_000;
const POLL_MS = 50;

export interface StartedRedisCluster extends StartedServer {
  /** Its masters; `url`, `port` and `pid` are those of the first. */
  readonly nodes: readonly StartedServer[];
}

/** Starts a Redis Cluster of `masters` nodes (default 3) without replicas. `kill` and `restart` are of all its nodes. */
export async function startRedisCluster(
  options: RedisOptions & { readonly masters?: number } = {},
): Promise<StartedRedisCluster> {
  const { masters = 3, ...redis } = options;
  const nodes: StartedServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    // One after another: two at once could draw the same free port.
    for (let index = 0; index < masters; index++) nodes.push(await startNode(redis));
    await join(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  const [first] = nodes;
  if (first === undefined) throw new Error("unable to start a Redis Cluster; it needs at least one node");
  return {
    nodes,
    url: first.url,
    port: first.port,
    get pid() {
      return first.pid;
    },
    stop,
    async kill() {
      await Promise.all(nodes.map((node) => node.kill()));
    },
    async restart() {
      await Promise.all(nodes.map((node) => node.restart()));
      await whole(nodes);
    },
  };
}

async function startNode(options: RedisOptions): Promise<StartedServer> {
  const settings = {
    "cluster-enabled": "yes",
    "cluster-config-file": "nodes.conf",
    "cluster-node-timeout": "5000",
    "cluster-port": String(await freePort()),
    ...options.settings,
  };
  return startRedis({ ...options, settings });
}

async function join(nodes: readonly StartedServer[]): Promise<void> {
  const [first] = nodes;
  if (first === undefined) return;
  for (const [index, node] of nodes.entries()) {
    const from = Math.floor((index * SLOTS) / nodes.length);
    const to = Math.floor(((index + 1) * SLOTS) / nodes.length) - 1;
    await ask(node, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
    await ask(node, `CLUSTER ADDSLOTSRANGE ${from} ${to}`);
    if (node !== first) {
      const busPort = (await ask(first, "CONFIG GET cluster-port")).trim().split("\r\n").at(-1);
      await ask(node, `CLUSTER MEET 127.0.0.1 ${first.port} ${busPort}`);
    }
  }
  await whole(nodes);
}

/** Until every node sees every slot served and every other node. */
async function whole(nodes: readonly StartedServer[]): Promise<void> {
  const deadline = performance.now() + JOINED_WITHIN_MS;
  for (const node of nodes) {
    for (;;) {
      const state = await ask(node, "CLUSTER INFO");
      if (state.includes("cluster_state:ok") && state.includes(`cluster_known_nodes:${nodes.length}\r`)) break;
      if (performance.now() > deadline)
        throw new Error(`unable to form a Redis Cluster; its nodes do not meet:\n${state}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

async function ask(node: StartedServer, command: string): Promise<string> {
  const answer = await converse(node.port, `${command}\r\n`, complete);
  if (answer === null || answer.startsWith("-"))
    throw new Error(`unable to form a Redis Cluster; ${command}: ${answer}`);
  return answer;
}

function complete(answer: string): boolean {
  const bulk = /^\$(\d+)\r\n/.exec(answer);
  if (bulk !== null) return answer.length >= bulk[0].length + Number(bulk[1]) + 2;
  // The one array asked for: a setting's name and value, four lines after its length.
  if (answer.startsWith("*")) return answer.split("\r\n").length > 5;
  return answer.endsWith("\r\n");
}
