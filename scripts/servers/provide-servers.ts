// Before the tests of the project `servers`: the servers that they need, each kind once for all files, by `inject("redisUrl")`.
import type { TestProject } from "vitest/node";
import { ensureServers, type ServerKind } from "./ensure-servers.ts";
import { neededServers, SERVER_KEYS, type ServerKey } from "./needed-servers.ts";
import { startNats } from "./start-nats.ts";
import { startPostgres } from "./start-postgres.ts";
import { startRedis } from "./start-redis.ts";
import { startRedisCluster } from "./start-redis-cluster.ts";
import type { StartedServer } from "./started-server.ts";

interface Source {
  readonly kind: ServerKind;
  /** The variable of the environment that names a server of the caller's own instead. */
  readonly env: string;
  readonly start: () => Promise<StartedServer>;
}

const SOURCES: Readonly<Record<ServerKey, Source>> = {
  postgresUrl: { kind: "postgres", env: "DATABASE_URL", start: () => startPostgres() },
  redisUrl: { kind: "redis", env: "REDIS_URL", start: () => startRedis() },
  redisClusterUrl: { kind: "redis", env: "REDIS_CLUSTER_URL", start: () => startRedisCluster() },
  natsUrl: { kind: "nats", env: "NATS_URL", start: () => startNats() },
};

export default async function provideServers(project: TestProject): Promise<() => Promise<void>> {
  const needed = neededServers(await chosenFiles(project));
  const toStart = SERVER_KEYS.filter((key) => {
    const own = process.env[SOURCES[key].env] ?? "";
    if (own !== "") project.provide(key, own);
    return own === "" && needed.has(key);
  });
  const kinds = new Set(toStart.map((key) => SOURCES[key].kind));
  // Its tests put one in front of whatever Postgres there is.
  if (needed.has("postgresUrl")) kinds.add("pgbouncer");
  const ensured = await ensureServers([...kinds], (text) => process.stdout.write(`servers: ${text}\n`));
  if (!ensured.ok) throw new Error(ensured.output);
  const started: StartedServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()));
  };
  try {
    await Promise.all(
      toStart.map(async (key) => {
        const server = await SOURCES[key].start();
        started.push(server);
        project.provide(key, server.url);
      }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** The files of this run: those that the command line's words choose, which vitest keeps beside its public interface. */
async function chosenFiles(project: TestProject): Promise<readonly string[]> {
  const { filenamePattern } = project.vitest as { readonly filenamePattern?: string[] };
  return (await project.globTestFiles(filenamePattern)).testFiles;
}
