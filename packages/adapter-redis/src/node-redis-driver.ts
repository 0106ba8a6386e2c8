import { answerWithin } from "./answer-within.ts";
import type { Links } from "./links/link.ts";
import {
  type NodeRedisCluster,
  type NodeRedisNode,
  nodeRedisClusterLinks,
  nodeRedisLinks,
} from "./links/node-redis-links.ts";
import type { NodeRedisClient } from "./redis-client.ts";
import type { ConnectionEvents, ConnectionOptions, RedisConnection, RedisDriver } from "./redis-driver.ts";
import { retryDelay } from "./retry-delay.ts";

/** What this file uses of a client or a cluster. */
interface Duplicate {
  readonly isReady: boolean;
  readonly masters?: readonly object[];
  nodeClient?(node: object): Promise<Duplicate>;
  connect(): Promise<unknown>;
  sendCommand(...args: readonly unknown[]): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): void;
  removeAllListeners(): void;
  destroy(): void;
}

interface Settings {
  readonly socket?: object;
  readonly defaults?: { readonly socket?: object };
}

type Duplicating = NodeRedisClient & {
  readonly nodeClient?: unknown;
  readonly options?: Settings;
  readonly _options?: Settings;
  duplicate(overrides: object): Duplicate;
};

/** Connections of node-redis. */
export class NodeRedisDriver implements RedisDriver {
  readonly isCluster: boolean;
  readonly #client: Duplicating;

  constructor(client: NodeRedisClient) {
    this.#client = client as Duplicating;
    this.isCluster = typeof this.#client.nodeClient === "function";
  }

  async connect(options: ConnectionOptions, events: ConnectionEvents = {}): Promise<RedisConnection> {
    const connection = new NodeRedisConnection(() => this.#open(events), this.isCluster, options, events);
    await connection.open();
    return connection;
  }

  /** A duplicate of the host's client that queues nothing while it has no connection. */
  async #open({ onReady, onLost, onError }: ConnectionEvents): Promise<Duplicate> {
    let opened = false;
    const reconnectStrategy = (retries: number, cause: Error) => (opened ? retryDelay(retries + 1) : cause);
    const settings = this.#client._options ?? this.#client.options ?? {};
    const ofOne = (kept: Settings["defaults"]) => ({
      ...kept,
      disableOfflineQueue: true,
      socket: { ...kept?.socket, reconnectStrategy },
    });
    const duplicate = this.#client.duplicate(
      this.isCluster ? { defaults: ofOne(settings.defaults), useReplicas: false } : ofOne(settings),
    );
    duplicate.on("error", (error: unknown) => {
      onError?.(error);
      if (opened && !duplicate.isReady) onLost?.();
    });
    try {
      await duplicate.connect();
    } catch (error) {
      destroy(duplicate);
      throw innermost(error);
    }
    opened = true;
    duplicate.on("ready", () => onReady?.());
    return duplicate;
  }
}

/** What was wrong, without the words of who gave up because of it. */
function innermost(error: unknown): unknown {
  const inner = error instanceof Error && "originalError" in error ? error.originalError : null;
  return inner ?? error;
}

function destroy(client: Duplicate | null): void {
  try {
    client?.destroy();
  } catch {
    // It was closed before.
  }
}

/** A duplicate that can be dropped and made anew. */
class Renewable {
  protected client: Duplicate | null = null;
  readonly #make: () => Promise<Duplicate>;
  readonly #events: ConnectionEvents;
  #closed = false;
  #renewing = false;

  constructor(make: () => Promise<Duplicate>, events: ConnectionEvents) {
    this.#make = make;
    this.#events = events;
  }

  get isReady(): boolean {
    return this.client?.isReady === true;
  }

  async open(): Promise<void> {
    const client = await this.#make();
    if (this.#closed) destroy(client);
    else this.client = client;
  }

  renew(): void {
    if (this.#closed || this.#renewing) return;
    this.#renewing = true;
    destroy(this.client);
    this.client = null;
    this.#events.onLost?.();
    void this.#again(1);
  }

  async close(): Promise<void> {
    this.#closed = true;
    destroy(this.client);
    this.client = null;
  }

  async #again(attempt: number): Promise<void> {
    if (this.#closed) return;
    try {
      await this.open();
      this.#renewing = false;
      if (!this.#closed) this.#events.onReady?.();
    } catch (error) {
      this.#events.onError?.(error);
      setTimeout(() => void this.#again(attempt + 1), retryDelay(attempt + 1));
    }
  }
}

class NodeRedisConnection extends Renewable implements RedisConnection {
  readonly links: Links;
  readonly #isCluster: boolean;
  readonly #options: ConnectionOptions;

  constructor(
    make: () => Promise<Duplicate>,
    isCluster: boolean,
    options: ConnectionOptions,
    events: ConnectionEvents,
  ) {
    super(make, events);
    this.links = isCluster
      ? nodeRedisClusterLinks(() => this.#open() as unknown as NodeRedisCluster)
      : nodeRedisLinks(() => this.#open() as unknown as NodeRedisNode);
    this.#isCluster = isCluster;
    this.#options = options;
  }

  call(key: string | null, command: string, args: readonly string[]): Promise<unknown> {
    const client = this.#open();
    const words = [command, ...args];
    return this.#answer(
      this.#isCluster ? client.sendCommand(key ?? undefined, false, words) : client.sendCommand(words),
    );
  }

  async callEach(command: string, args: readonly string[]): Promise<readonly unknown[]> {
    const client = this.#open();
    const masters = client.masters ?? [];
    const nodes = this.#isCluster
      ? await Promise.all(masters.map((node) => client.nodeClient?.(node) ?? client))
      : [client];
    return this.#answer(Promise.all(nodes.map((node) => node.sendCommand([command, ...args]))));
  }

  #open(): Duplicate {
    if (this.client === null) throw new Error("the connection is not open");
    return this.client;
  }

  #answer<Answer>(answer: Promise<Answer>): Promise<Answer> {
    return answerWithin(answer, this.#options.commandTimeoutMs, () => this.renew());
  }
}
