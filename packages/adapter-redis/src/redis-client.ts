/** Any function; what it takes and gives is the driver's to know. */
type Callable = (...args: never[]) => unknown;

/** A `Redis` or `Cluster` of ioredis, from 5.10. */
export interface IoredisClient {
  readonly status: string;
  readonly call: Callable;
  readonly duplicate: Callable;
}

/** A client or cluster of node-redis (`redis` or `@redis/client`), from 6.2. */
export interface NodeRedisClient {
  readonly sendCommand: Callable;
  readonly sSubscribe: Callable;
  readonly duplicate: Callable;
}

/**
 * The host's own client: it says where Redis is and who asks. It is never used, changed or closed; the adapter
 * opens connections of its own like it, connected or not.
 */
export type RedisClient = IoredisClient | NodeRedisClient;
