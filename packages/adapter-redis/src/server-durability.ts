import type { Durability } from "@earshot/protocol";
import type { RedisConnection } from "./redis-driver.ts";

/**
 * What the servers' own settings promise: with `appendonly` every write is in the log before it is answered; with
 * `appendfsync always` it is on the disk as well. The weakest master counts. Where CONFIG may not be read, INFO says
 * whether there is a log, but not how it is written: then no more than `process` is claimed.
 */
export async function serverDurability(connection: RedisConnection): Promise<Durability> {
  const [persistence, fsync] = await Promise.all([
    connection.callEach("INFO", ["persistence"]),
    settings(connection, "appendfsync"),
  ]);
  if (persistence.some((info) => !/aof_enabled:1/.test(String(info)))) return "memory";
  return fsync.length > 0 && fsync.every((value) => value === "always") ? "fsync" : "process";
}

/** One for each master; none where that may not be asked. */
async function settings(connection: RedisConnection, name: string): Promise<readonly string[]> {
  try {
    return (await connection.callEach("CONFIG", ["GET", name])).map((answer) => settingIn(answer, name));
  } catch (error) {
    if (isRefusal(error)) return [];
    throw error;
  }
}

/** Drivers give pairs as a list, a map or an object. */
function settingIn(answer: unknown, name: string): string {
  if (Array.isArray(answer)) return String(answer[answer.indexOf(name) + 1] ?? "");
  if (answer instanceof Map) return String(answer.get(name) ?? "");
  return String((answer as Readonly<Record<string, unknown>> | null)?.[name] ?? "");
}

/** Of a server that says that this is not allowed, or that it knows no such command. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(?:NOPERM|ERR)\b/.test(error.message);
}
