import { join } from "node:path";
import { converse } from "./converse.ts";
import { requireBinary } from "./find-binary.ts";
import { freePort } from "./free-port.ts";
import { serverFolder } from "./server-folder.ts";
import { startGuarded } from "./start-guarded.ts";
import type { StartedServer } from "./started-server.ts";

export interface RedisOptions {
  /** Whether it keeps its log of writes on disk. Default: true. */
  readonly appendonly?: boolean;
  /** When that log is written through. Default: `always`, as a store that promises `fsync` needs it. */
  readonly appendfsync?: "always" | "everysec" | "no";
  /** Further lines of redis.conf, as name and value: `{ "maxmemory-policy": "allkeys-lru" }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts a private Redis on a free port of 127.0.0.1. */
export async function startRedis(options: RedisOptions = {}): Promise<StartedServer> {
  const file = requireBinary("redis-server", "redis-server");
  const port = await freePort();
  const folder = serverFolder("redis");
  const settings: Readonly<Record<string, string>> = {
    port: String(port),
    bind: "127.0.0.1",
    dir: folder,
    save: "",
    appendonly: (options.appendonly ?? true) ? "yes" : "no",
    appendfsync: options.appendfsync ?? "always",
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const command = {
    file,
    args,
    folder,
    cwd: folder,
    log: join(folder, "server.log"),
    env: {},
    user: null,
    first: null,
  };
  return startGuarded(
    { ...command, stopSignal: "SIGTERM", stopWithinMs: 3000 },
    { url: `redis://127.0.0.1:${port}`, port, answers: () => redisAnswers(port) },
  );
}

/** Whether it serves commands, if only to those who know its password: while it reads its files it answers `-LOADING`. */
async function redisAnswers(port: number): Promise<boolean> {
  const answer = await converse(port, "PING\r\n", (text) => text.endsWith("\r\n"));
  return answer !== null && /^(\+PONG|-NOAUTH)/.test(answer);
}
