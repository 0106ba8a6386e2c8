import { ChatError } from "@earshot/protocol";
import { IoredisDriver } from "./ioredis-driver.ts";
import type { Links } from "./links/link.ts";
import { NodeRedisDriver } from "./node-redis-driver.ts";
import type { IoredisClient, NodeRedisClient, RedisClient } from "./redis-client.ts";

/** What a connection tells. */
export interface ConnectionEvents {
  /** It is open again. */
  readonly onReady?: () => void;
  /** It is lost; it opens again by itself. */
  readonly onLost?: () => void;
  /** Why it is lost or does not open; may come often. */
  readonly onError?: (error: unknown) => void;
}

export interface ConnectionOptions {
  /** Rejects a command whose answer takes longer, in ms, and opens the connection anew: it may be dead without saying so. */
  readonly commandTimeoutMs: number;
}

/**
 * A connection of our own. Commands are sent at once or rejected at once: none waits for a connection, and none is
 * sent twice. After a rejection the result is unknown, unless the server itself refused (`ReplyError`).
 */
export interface RedisConnection {
  readonly isReady: boolean;
  /** Connections for what listens or waits: none of the commands below may. */
  readonly links: Links;
  /** `key`: the key, or one of the keys, that the command is about: it goes to their node. null: to any node. */
  call(key: string | null, command: string, args: readonly string[]): Promise<unknown>;
  /** Asks every master of a cluster, or the one server. */
  callEach(command: string, args: readonly string[]): Promise<readonly unknown[]>;
  /** Drops what is open and opens it anew. */
  renew(): void;
  /** What is in flight is rejected. A second call does nothing. */
  close(): Promise<void>;
}

/** How connections are made, the same for both clients. */
export interface RedisDriver {
  readonly isCluster: boolean;
  /** Resolves once it is open; rejects with the client's own error if it cannot be opened now. */
  connect(options: ConnectionOptions, events?: ConnectionEvents): Promise<RedisConnection>;
}

/** The driver for what the host gave; which client it is shows by its methods. */
export function redisDriver(client: RedisClient): RedisDriver {
  if (isIoredis(client)) return new IoredisDriver(client);
  if (isNodeRedis(client)) return new NodeRedisDriver(client);
  throw new ChatError("invalid", "unable to use Redis; the client is neither one of ioredis nor one of node-redis");
}

function isIoredis(client: Partial<IoredisClient>): client is IoredisClient {
  return (
    typeof client?.call === "function" && typeof client.duplicate === "function" && typeof client.status === "string"
  );
}

function isNodeRedis(client: Partial<NodeRedisClient>): client is NodeRedisClient {
  return typeof client?.sendCommand === "function" && typeof client.sSubscribe === "function";
}
