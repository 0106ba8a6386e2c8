import { existsSync, rmSync, writeFileSync } from "node:fs";
import { type Ended, runCommand } from "../test-run/command.ts";
import { findBinary } from "./find-binary.ts";

export type ServerKind = "postgres" | "pgbouncer" | "redis" | "nats";

const PROGRAMS: Readonly<
  Record<ServerKind, { readonly program: string; readonly debian: string; readonly env: string | null }>
> = {
  postgres: { program: "postgres", debian: "postgresql", env: "DATABASE_URL" },
  pgbouncer: { program: "pgbouncer", debian: "pgbouncer", env: null },
  redis: { program: "redis-server", debian: "redis-server", env: "REDIS_URL" },
  nats: { program: "nats-server", debian: "nats-server", env: "NATS_URL" },
};

/** What Debian's packages ask before they start a service: 101 is "no". */
const START_POLICY = "/usr/sbin/policy-rc.d";

/** Installs from the system's packages what of the servers is not on the machine, and says so before it does. */
export async function ensureServers(kinds: readonly ServerKind[], say: (text: string) => void): Promise<Ended> {
  const missing = kinds.map((kind) => PROGRAMS[kind]).filter(({ program }) => findBinary(program) === null);
  if (missing.length === 0) return { ok: true, output: "" };
  const packages = missing.map(({ debian }) => debian);
  say(
    `no ${missing.map(({ program }) => program).join(", ")} here; installing with apt-get install -y ${packages.join(" ")}`,
  );
  const output = await install(packages);
  const absent = missing.filter(({ program }) => findBinary(program) === null);
  if (absent.length === 0) return { ok: true, output: "" };
  const names = absent
    .map(({ program, env }) => (env === null ? program : `${program} (or a server of your own in ${env})`))
    .join(", ");
  return {
    ok: false,
    output: `${output}Needed, and not to be installed from here (root is needed for that): ${names}.\n`,
  };
}

async function install(packages: readonly string[]): Promise<string> {
  process.env["DEBIAN_FRONTEND"] ??= "noninteractive";
  const updated = await runCommand("apt-get", ["update"], "/", 180_000);
  const undo = forbidServices();
  try {
    const flags = ["install", "-y", "--no-install-recommends"];
    const installed = await runCommand("apt-get", [...flags, ...packages], "/", 600_000);
    return updated.output + installed.output;
  } finally {
    undo();
  }
}

/** The packages start servers on their well-known ports as soon as they are installed: nobody asked for those. */
function forbidServices(): () => void {
  if (existsSync(START_POLICY)) return () => {};
  try {
    writeFileSync(START_POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  } catch {
    // Not root: nothing will be installed either.
    return () => {};
  }
  return () => rmSync(START_POLICY, { force: true });
}
