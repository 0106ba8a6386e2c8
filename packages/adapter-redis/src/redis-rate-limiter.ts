import type { RateLimiter } from "@earshot/core";
import { ChatError } from "@earshot/protocol";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { type NamespaceOptions, namespaceOf } from "./namespace.ts";
import { openConnection } from "./open-connection.ts";
import { PortState } from "./port-state.ts";
import type { RedisClient } from "./redis-client.ts";
import type { RedisConnection } from "./redis-driver.ts";
import { redisFailure } from "./redis-failure.ts";

export interface RedisRateLimiterOptions extends NamespaceOptions {
  /** Which limit this is: those of other names count apart. 1 to 64 of `A-Za-z0-9._~-`. */
  readonly name: string;
  /** So much passes in a window, for each key. */
  readonly max: number;
  /** A window's length, in whole seconds; it begins with the first that passes. Default 1. */
  readonly windowSeconds?: number;
}

/**
 * One limit that all nodes share, by rate-limiter-flexible: of attempts of an address, of what a user may cost.
 *
 * In any time of w windows at most `max` · (w + 1) pass; a node that was told to wait asks nobody until then. While Redis
 * does not answer each node counts for itself, so that it neither lets everything pass nor keeps everybody out.
 *
 * `client` is an ioredis or node-redis client or cluster, connected or not: it says where Redis is, and is neither
 * used nor closed. One connection is opened like it.
 */
export function redisRateLimiter(client: RedisClient, options: RedisRateLimiterOptions): RateLimiter {
  return new RedisRateLimiter(client, options);
}

const OLDEST = [6, 2] as const;

class RedisRateLimiter implements RateLimiter {
  readonly #client: RedisClient;
  readonly #limit: RateLimiterRedis;
  readonly #state = new PortState("rate limiter");
  #connection: RedisConnection | null = null;

  constructor(client: RedisClient, { namespace, name, max, windowSeconds = 1 }: RedisRateLimiterOptions) {
    this.#client = client;
    if (!Number.isSafeInteger(max) || max < 1 || !Number.isSafeInteger(windowSeconds) || windowSeconds < 1) {
      throw new ChatError("invalid", "unable to limit rates; `max` and `windowSeconds` are whole numbers from 1");
    }
    const limit = { points: max, duration: windowSeconds };
    this.#limit = new RateLimiterRedis({
      ...limit,
      keyPrefix: `earshot:${namespaceOf(namespace)}:rate:${namespaceOf(name)}`,
      // It asks for no more than this of a client.
      storeClient: { eval: (script: string, given: EvalArguments) => this.#eval(script, given) },
      useRedisPackage: true,
      inMemoryBlockOnConsumed: max,
      insuranceLimiter: new RateLimiterMemory(limit),
    });
  }

  open(): Promise<void> {
    return this.#state.open(async () => {
      const doing = "open rate limiter";
      const connection = await openConnection(doing, this.#client, OLDEST);
      try {
        await connection.call(null, "EVAL", ["return 1", "0"]);
      } catch (error) {
        await connection.close();
        throw redisFailure(doing, error);
      }
      if (this.#state.isClosed) await connection.close();
      else this.#connection = connection;
    });
  }

  async close(): Promise<void> {
    this.#state.close();
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close();
  }

  async ping(): Promise<void> {
    this.#state.require();
    try {
      await this.#connection?.call(null, "PING", []);
    } catch (error) {
      throw redisFailure("ping rate limiter", error);
    }
  }

  async take(key: string, cost = 1): Promise<number> {
    this.#state.require();
    try {
      await this.#limit.consume(key, cost);
      return 0;
    } catch (error) {
      if (error instanceof RateLimiterRes) return Math.max(1, error.msBeforeNext);
      throw redisFailure("limit rates", error);
    }
  }

  async #eval(script: string, { keys, arguments: args }: EvalArguments): Promise<unknown> {
    const connection = this.#connection;
    if (connection === null) throw this.#state.notOpen();
    return connection.call(keys[0] ?? null, "EVAL", [script, String(keys.length), ...keys, ...args]);
  }
}

interface EvalArguments {
  readonly keys: readonly string[];
  readonly arguments: readonly string[];
}
