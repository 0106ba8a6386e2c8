import type { RedisClient } from "./redis-client.ts";
import { type RedisConnection, redisDriver } from "./redis-driver.ts";
import { redisFailure, requireVersion } from "./redis-failure.ts";

/** A command without an answer for so long has failed, in ms. */
const COMMAND_TIMEOUT_MS = 1_500;

/** A connection of our own, to a server that is new enough. Rejects with what is wrong, in one sentence. */
export async function openConnection(
  doing: string,
  client: RedisClient,
  least: readonly [major: number, minor: number],
): Promise<RedisConnection> {
  let connection: RedisConnection | null = null;
  try {
    connection = await redisDriver(client).connect({ commandTimeoutMs: COMMAND_TIMEOUT_MS });
    requireVersion(doing, await connection.call(null, "INFO", ["server"]), least);
    return connection;
  } catch (error) {
    await connection?.close();
    throw redisFailure(doing, error);
  }
}
