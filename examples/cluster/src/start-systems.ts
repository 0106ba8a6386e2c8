import { ensureServers } from "../../../scripts/servers/ensure-servers.ts";
import { startNats } from "../../../scripts/servers/start-nats.ts";
import { type PostgresSettings, startPostgres } from "../../../scripts/servers/start-postgres.ts";
import { startRedis } from "../../../scripts/servers/start-redis.ts";
import type { StartedServer } from "../../../scripts/servers/started-server.ts";
import type { System } from "./choices.ts";

export interface RunningSystem {
  readonly system: System;
  readonly url: string;
  /** The server, if it was started here; null: it is the caller's own. */
  readonly server: StartedServer | null;
}

interface Way {
  readonly env: string;
  /** Where an address without a port means. */
  readonly port: number;
  readonly start: (postgres: PostgresSettings) => Promise<StartedServer>;
}

const WAYS: Readonly<Record<System, Way>> = {
  postgres: { env: "DATABASE_URL", port: 5432, start: (postgres) => startPostgres(postgres) },
  redis: { env: "REDIS_URL", port: 6379, start: () => startRedis() },
  nats: { env: "NATS_URL", port: 4222, start: () => startNats() },
};

/** Private servers of these systems, or the caller's own where the environment names them. `postgres`: settings of a private one. */
export async function startSystems(
  systems: readonly System[],
  say: (text: string) => void,
  postgres: PostgresSettings = {},
): Promise<RunningSystem[]> {
  const own = (system: System): string => process.env[WAYS[system].env] ?? "";
  const ensured = await ensureServers(
    systems.filter((system) => own(system) === ""),
    say,
  );
  if (!ensured.ok) throw new Error(ensured.output.trim());
  const starting = systems.map(async (system): Promise<RunningSystem> => {
    const { env, start } = WAYS[system];
    if (own(system) !== "") {
      say(`${system}: the one of ${env}`);
      return { system, url: own(system), server: null };
    }
    const server = await start(postgres);
    say(`${system}: port ${server.port}, pid ${server.pid}`);
    return { system, url: server.url, server };
  });
  const settled = await Promise.allSettled(starting);
  const failed = settled.find((result) => result.status === "rejected");
  const started = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  if (failed === undefined) return started;
  await stopSystems(started);
  throw failed.reason;
}

/** Where it listens. */
export function portOf({ system, url, server }: RunningSystem): number {
  const named = URL.canParse(url) ? Number(new URL(url).port) : 0;
  return server?.port ?? (named || WAYS[system].port);
}

export async function stopSystems(systems: readonly RunningSystem[]): Promise<void> {
  await Promise.all(systems.map(({ server }) => server?.stop()));
}
