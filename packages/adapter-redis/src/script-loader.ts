import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RedisConnection } from "./redis-driver.ts";

/** One Lua file, sent by its hash. */
export interface Script {
  /**
   * Runs it on the node of `keys[0]`; all keys are of one slot on a cluster. A server that has forgotten it
   * gets it again, which nothing has run before.
   */
  run(connection: Pick<RedisConnection, "call">, keys: readonly string[], args: readonly string[]): Promise<unknown>;
}

/** `url`: of the file, made beside where it is used: `new URL("./scripts/x.lua", import.meta.url)`. */
export function loadScript(...urls: readonly URL[]): Script {
  const text = urls.map((url) => readFileSync(url, "utf8")).join("\n");
  const sha = createHash("sha1").update(text).digest("hex");
  return {
    async run(connection, keys, args) {
      const rest = [String(keys.length), ...keys, ...args];
      const key = keys[0] ?? null;
      try {
        return await connection.call(key, "EVALSHA", [sha, ...rest]);
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
        return await connection.call(key, "EVAL", [text, ...rest]);
      }
    },
  };
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
