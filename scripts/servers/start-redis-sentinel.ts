import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { converse } from "./converse.ts";
import { requireBinary } from "./find-binary.ts";
import { freePort } from "./free-port.ts";
import { serverFolder } from "./server-folder.ts";
import { startGuarded } from "./start-guarded.ts";
import type { StartedServer } from "./started-server.ts";

/** Without a sign of life for so long its server is down. */
const DOWN_AFTER_MS = 500;
const FAILOVER_WITHIN_MS = 10_000;

/**
 * Starts a Redis Sentinel of its own, who watches the Redis at a port of 127.0.0.1 under the name `watched`, and has one
 * of its replicas take over half a second after it has gone.
 */
export async function startRedisSentinel(redisPort: number): Promise<StartedServer> {
  const file = requireBinary("redis-server", "redis-server");
  const port = await freePort();
  const folder = serverFolder("sentinel");
  // It writes down here what it finds out.
  const config = join(folder, "sentinel.conf");
  const lines = [
    ...["bind 127.0.0.1", `port ${port}`, `dir ${folder}`],
    `sentinel monitor watched 127.0.0.1 ${redisPort} 1`,
    `sentinel down-after-milliseconds watched ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout watched ${FAILOVER_WITHIN_MS}`,
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
  return startGuarded(
    {
      file,
      args: [config, "--sentinel"],
      folder,
      cwd: folder,
      log: join(folder, "server.log"),
      env: {},
      user: null,
      first: null,
      stopSignal: "SIGTERM",
      stopWithinMs: 3000,
    },
    { url: `redis://127.0.0.1:${port}`, port, answers: () => sentinelAnswers(port) },
  );
}

async function sentinelAnswers(port: number): Promise<boolean> {
  return (await converse(port, "PING\r\n", (text) => text.endsWith("\r\n")))?.startsWith("+PONG") === true;
}
