import { inTime, type Link, type LinkEvents, type LinkOptions, type Links } from "./link.ts";

type Listener = (text: string, channel: string) => void;

/** What is used of a node-redis (`@redis/client`) client. */
export interface NodeRedisNode {
  readonly options?: { readonly socket?: Readonly<Record<string, unknown>> | undefined } | undefined;
  duplicate(overrides: Readonly<Record<string, unknown>>): NodeRedisNode;
  connect(): Promise<unknown>;
  destroy(): void;
  sendCommand(args: string[]): Promise<unknown>;
  subscribe(channels: string[], listener: Listener): Promise<unknown>;
  unsubscribe(channels: string[], listener: Listener): Promise<unknown>;
  sSubscribe(channels: string[], listener: Listener): Promise<unknown>;
  sUnsubscribe(channels: string[], listener: Listener): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
}

interface ClusterNode {
  readonly address: string;
}

/** What is used of a node-redis Cluster. */
export interface NodeRedisCluster {
  readonly slots: readonly ({ readonly master: ClusterNode } | undefined)[];
  readonly masters: readonly ClusterNode[];
  nodeClient(node: ClusterNode): Promise<NodeRedisNode>;
  /** Any command that is routed by its key: where the Cluster has changed, the client learns of it. */
  exists(key: string): Promise<unknown>;
}

export function nodeRedisLinks(client: () => NodeRedisNode): Links {
  return {
    cluster: false,
    open: async (options, events) => openLink(client(), "", options, events),
    holder: () => "",
    refresh: async () => {},
  };
}

export function nodeRedisClusterLinks(client: () => NodeRedisCluster): Links {
  let known = "";
  return {
    cluster: true,
    open: async (options, events) => {
      const cluster = client();
      const node = options.slot === null ? anyOf(cluster.masters) : cluster.slots[options.slot]?.master;
      if (node === undefined) throw new Error("no server of the Cluster is known");
      return openLink(await cluster.nodeClient(node), node.address, options, events);
    },
    holder: (slot) => client().slots[slot]?.master.address ?? null,
    // The client learns of a change by being sent elsewhere, so it is sent to every key's old holder, if there is one.
    refresh: async (keys) => {
      const cluster = client();
      const node = anyOf(cluster.masters);
      if (node === undefined) throw new Error("no server of the Cluster is known");
      const slots = JSON.stringify(await (await cluster.nodeClient(node)).sendCommand(["CLUSTER", "SLOTS"]));
      if (slots === known) return;
      await Promise.all(keys.map((key) => cluster.exists(key)));
      known = slots;
    },
  };
}

function anyOf(nodes: readonly ClusterNode[]): ClusterNode | undefined {
  return nodes[Math.floor(Math.random() * nodes.length)];
}

async function openLink(
  from: NodeRedisNode,
  address: string,
  { sharded }: LinkOptions,
  events: LinkEvents,
): Promise<Link> {
  // Nothing of the driver's own repairing: it says nothing of what it lost.
  const connection = from.duplicate({
    disableOfflineQueue: true,
    pingInterval: undefined,
    clientSideCache: undefined,
    readonly: false,
    commandOptions: undefined,
    socket: { ...from.options?.socket, reconnectStrategy: false, socketTimeout: undefined },
  });
  let open = false;
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    connection.destroy();
  };
  const lost = () => {
    if (!open || ended) return;
    end();
    events.lost();
  };
  connection.on("error", lost);
  connection.on("end", lost);
  connection.on("sharded-channel-moved", () => {
    if (!ended) events.moved();
  });
  await inTime(connection.connect(), end);
  open = true;
  const hear: Listener = (text, channel) => {
    if (!ended) events.message(channel, text);
  };
  return {
    server: address,
    call: (command, ...args) => connection.sendCommand([command, ...args]),
    subscribe: async (channels) => {
      if (sharded) await connection.sSubscribe([...channels], hear);
      else await connection.subscribe([...channels], hear);
    },
    unsubscribe: async (channels) => {
      if (sharded) await connection.sUnsubscribe([...channels], hear);
      else await connection.unsubscribe([...channels], hear);
    },
    end,
  };
}
