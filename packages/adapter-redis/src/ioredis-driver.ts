import { answerWithin } from "./answer-within.ts";
import { type IoredisCluster, type IoredisNode, ioredisClusterLinks, ioredisLinks } from "./links/ioredis-links.ts";
import { inTime, type Links } from "./links/link.ts";
import type { IoredisClient } from "./redis-client.ts";
import type { ConnectionEvents, ConnectionOptions, RedisConnection, RedisDriver } from "./redis-driver.ts";
import { retryDelay } from "./retry-delay.ts";

/** What this file uses of a `Redis` or a `Cluster`. */
interface Duplicate {
  readonly status: string;
  connect(): Promise<void>;
  call(command: string, args: readonly string[]): Promise<unknown>;
  nodes?(role: "master"): readonly Duplicate[];
  on(event: string, listener: (...args: never[]) => void): void;
  disconnect(reconnect?: boolean): void;
}

type Duplicating = IoredisClient & {
  readonly isCluster?: boolean;
  readonly options?: { readonly redisOptions?: object };
  duplicate(...args: readonly unknown[]): Duplicate;
};

/** Connections of ioredis. */
export class IoredisDriver implements RedisDriver {
  readonly isCluster: boolean;
  readonly #client: Duplicating;

  constructor(client: IoredisClient) {
    this.#client = client as Duplicating;
    this.isCluster = this.#client.isCluster === true;
  }

  async connect(options: ConnectionOptions, events: ConnectionEvents = {}): Promise<RedisConnection> {
    const client = await this.#open(events);
    const links = this.isCluster
      ? ioredisClusterLinks(client as unknown as IoredisCluster)
      : ioredisLinks(client as unknown as IoredisNode);
    return new IoredisConnection(client, links, options);
  }

  /**
   * A duplicate of the host's client that repeats nothing by itself: an append that was sent twice could be
   * written twice.
   */
  async #open({ onReady, onLost, onError }: ConnectionEvents): Promise<Duplicate> {
    let opened = false;
    let reason: unknown;
    const retry = (attempt: number) => (opened ? retryDelay(attempt) : null);
    const ofOne = { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, enableAutoPipelining: false };
    const ofAll = { lazyConnect: true, enableOfflineQueue: false };
    const duplicate = this.isCluster
      ? this.#client.duplicate([], {
          ...ofAll,
          // Before ioredis 6 what is given here stands alone, without the host's password.
          redisOptions: { ...this.#client.options?.redisOptions, ...ofOne },
          scaleReads: "master",
          clusterRetryStrategy: retry,
          retryDelayOnFailover: 0,
          enableAutoPipelining: false,
        })
      : this.#client.duplicate({ ...ofAll, ...ofOne, retryStrategy: retry });
    const note = (error: unknown) => {
      reason = error;
      onError?.(error);
    };
    duplicate.on("error", note);
    duplicate.on("node error", note);
    duplicate.on("close", () => opened && onLost?.());
    // A Cluster connects to a node with the first command for it, and refuses the next ones until it has; also its own
    // first one, after which `connect` may never settle.
    duplicate.on("+node", (node: Duplicate) => {
      if (duplicate.status === "ready") void connected(node).catch(() => {});
    });
    const connect = async () => {
      await duplicate.connect();
      await Promise.all((duplicate.nodes?.("master") ?? []).map(connected));
    };
    try {
      await inTime(connect(), () => {});
    } catch (error) {
      duplicate.disconnect();
      throw innermost(reason ?? error);
    }
    opened = true;
    duplicate.on("ready", () => onReady?.());
    return duplicate;
  }
}

/** Resolves when a node of a cluster takes commands, or is given up by ioredis. */
async function connected(node: Duplicate): Promise<void> {
  if (node.status === "wait") await node.connect();
  else if (node.status !== "ready") {
    await new Promise<void>((resolve) => {
      node.on("ready", () => resolve());
      node.on("end", () => resolve());
    });
  }
}

/** Of a cluster none of whose nodes answers: what the last one said. */
function innermost(error: unknown): unknown {
  const inner = error instanceof Error && "lastNodeError" in error ? error.lastNodeError : null;
  return inner ?? error;
}

class IoredisConnection implements RedisConnection {
  readonly links: Links;
  readonly #client: Duplicate;
  readonly #options: ConnectionOptions;

  constructor(client: Duplicate, links: Links, options: ConnectionOptions) {
    this.#client = client;
    this.links = links;
    this.#options = options;
  }

  get isReady(): boolean {
    return this.#client.status === "ready";
  }

  call(_key: string | null, command: string, args: readonly string[]): Promise<unknown> {
    return this.#answer(this.#client.call(command, args));
  }

  callEach(command: string, args: readonly string[]): Promise<readonly unknown[]> {
    const nodes = this.#client.nodes?.("master") ?? [this.#client];
    return this.#answer(Promise.all(nodes.map((node) => node.call(command, args))));
  }

  renew(): void {
    this.#client.disconnect(true);
  }

  async close(): Promise<void> {
    this.#client.disconnect();
  }

  #answer<Answer>(answer: Promise<Answer>): Promise<Answer> {
    return answerWithin(answer, this.#options.commandTimeoutMs, () => this.renew());
  }
}
