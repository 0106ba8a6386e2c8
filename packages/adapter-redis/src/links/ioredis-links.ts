import { inTime, type Link, type LinkEvents, type LinkOptions, type Links } from "./link.ts";

/** What is used of an `ioredis` connection. */
export interface IoredisNode {
  readonly options: { readonly host?: string | undefined; readonly port?: number | undefined };
  duplicate(override: Readonly<Record<string, unknown>>): IoredisNode;
  connect(): Promise<void>;
  disconnect(): void;
  call(command: string, ...args: string[]): Promise<unknown>;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  ssubscribe(...channels: string[]): Promise<unknown>;
  sunsubscribe(...channels: string[]): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
}

/** What is used of an `ioredis` Cluster. */
export interface IoredisCluster {
  readonly isCluster: true;
  readonly slots: readonly (readonly string[])[];
  nodes(role: "master"): IoredisNode[];
  refreshSlotsCache(done: (error?: Error | null) => void): void;
}

export function ioredisLinks(client: IoredisNode): Links {
  return {
    cluster: false,
    open: (options, events) => openLink(client, options, events),
    holder: () => "",
    refresh: async () => {},
  };
}

export function ioredisClusterLinks(cluster: IoredisCluster): Links {
  const holder = (slot: number) => cluster.slots[slot]?.[0] ?? null;
  return {
    cluster: true,
    open: (options, events) => {
      const masters = cluster.nodes("master");
      const name = options.slot === null ? null : holder(options.slot);
      const found = name === null ? masters : masters.filter((node) => serverOf(node) === name);
      const node = found[Math.floor(Math.random() * found.length)];
      if (node === undefined || (options.slot !== null && name === null)) {
        return Promise.reject(new Error("no server of the Cluster is known"));
      }
      return openLink(node, options, events);
    },
    holder,
    refresh: () =>
      new Promise((resolve, reject) => {
        cluster.refreshSlotsCache((error) => (error ? reject(error) : resolve()));
      }),
  };
}

/** Nothing of the driver's own repairing: it says nothing of what it lost. */
const OWN = {
  lazyConnect: true,
  retryStrategy: () => null,
  reconnectOnError: null,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  maxRetriesPerRequest: 0,
  commandTimeout: undefined,
  blockingTimeout: undefined,
  socketTimeout: undefined,
  readOnly: false,
  monitor: false,
};

async function openLink(from: IoredisNode, { sharded }: LinkOptions, events: LinkEvents): Promise<Link> {
  const connection = from.duplicate(OWN);
  let ended = false;
  let failure: Error | null = null;
  const end = () => {
    ended = true;
    connection.disconnect();
  };
  connection.on("error", (error: Error) => {
    failure = error;
  });
  try {
    await inTime(connection.connect(), end);
  } catch (error) {
    // What `connect` rejects with says only that the connection is closed.
    throw failure ?? error;
  }
  connection.on("end", () => {
    if (!ended) events.lost();
    ended = true;
  });
  connection.on(sharded ? "smessage" : "message", (channel: string, text: string) => {
    if (!ended) events.message(channel, text);
  });
  connection.on("moved", () => {
    if (!ended) events.moved();
  });
  return {
    server: serverOf(connection),
    call: (command, ...args) => connection.call(command, ...args),
    subscribe: async (channels) => {
      if (sharded) await connection.ssubscribe(...channels);
      else await connection.subscribe(...channels);
    },
    unsubscribe: async (channels) => {
      if (sharded) await connection.sunsubscribe(...channels);
      else await connection.unsubscribe(...channels);
    },
    end,
  };
}

function serverOf({ options }: IoredisNode): string {
  return `${options.host ?? "127.0.0.1"}:${options.port ?? 6379}`;
}
