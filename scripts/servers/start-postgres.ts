import { execFile } from "node:child_process";
import { chownSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { requireBinary } from "./find-binary.ts";
import { freePort } from "./free-port.ts";
import { serverFolder, unprivilegedUser } from "./server-folder.ts";
import { startGuarded } from "./start-guarded.ts";
import type { StartedServer } from "./started-server.ts";

const run = promisify(execFile);

/** The superuser's password: these servers listen on 127.0.0.1 only, and tests want to be refused with a wrong one. */
const PASSWORD = "earshot";

const INITDB = ["-U", "postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"];

/** Settings of postgresql.conf by name; what is not named is as Postgres ships it, but for `max_connections` of 200. */
export type PostgresSettings = Readonly<Record<string, string | number | boolean>>;

/** Starts a private Postgres (`postgres` with password `earshot`, database `postgres`) on a free port of 127.0.0.1. */
export function startPostgres(settings: PostgresSettings = {}): Promise<StartedServer> {
  return startCluster(settings, (cluster, words) => {
    return { program: "initdb", args: [...INITDB, "--pwfile", words, "-D", cluster] };
  });
}

/**
 * Starts a standby of the Postgres at a port of 127.0.0.1: a copy of it, which follows it by way of that port, read
 * only, until it is promoted (`SELECT pg_promote()`).
 */
export function startPostgresStandby(primaryPort: number, settings: PostgresSettings = {}): Promise<StartedServer> {
  return startCluster(settings, (cluster) => {
    const flags = ["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"];
    return { program: "pg_basebackup", args: ["-d", urlOf(primaryPort), "-D", cluster, ...flags] };
  });
}

/** `fill`: the program, beside Postgres', that makes the folder of a cluster; `words`: a file that holds its password. */
async function startCluster(
  settings: PostgresSettings,
  fill: (cluster: string, words: string) => { readonly program: string; readonly args: readonly string[] },
): Promise<StartedServer> {
  // Its other programs lie beside it; on the PATH there may be a link to it alone.
  const file = realpathSync(requireBinary("postgres", "postgresql"));
  const user = unprivilegedUser("postgres", "nobody");
  const port = await freePort();
  const folder = serverFolder("postgres", user);
  const cluster = join(folder, "cluster");
  const words = join(folder, "password");
  writeFileSync(words, PASSWORD, { mode: 0o600 });
  if (user !== null) chownSync(words, user.uid, user.gid);
  const all = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: 200,
    ...settings,
  };
  const args = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const { program, args: filling } = fill(cluster, words);
  return startGuarded(
    {
      file,
      args: ["-D", cluster, ...args],
      first: { file: join(dirname(file), program), args: filling },
      folder,
      cwd: folder,
      log: join(folder, "server.log"),
      env: { LC_ALL: "C" },
      user,
      stopSignal: "SIGINT",
      stopWithinMs: 5000,
    },
    { url: urlOf(port), port, answers: () => postgresAnswers(join(dirname(file), "pg_isready"), port) },
  );
}

function urlOf(port: number): string {
  return `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`;
}

async function postgresAnswers(pgIsReady: string, port: number): Promise<boolean> {
  try {
    await run(pgIsReady, ["-h", "127.0.0.1", "-p", String(port), "-t", "1"]);
    return true;
  } catch {
    return false;
  }
}
