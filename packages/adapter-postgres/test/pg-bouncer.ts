import { execFileSync, spawn } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { postgresUrl } from "./pools.ts";

const PROGRAM = "pgbouncer";

export interface StartedBouncer {
  readonly url: string;
  stop(): Promise<void>;
}

/** PgBouncer in transaction mode in front of the server of this run, with fewer connections to it than it takes. */
export async function startBouncer(): Promise<StartedBouncer> {
  const server = new URL(postgresUrl());
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "earshot-pgbouncer-"));
  const [user, password] = [decodeURIComponent(server.username), decodeURIComponent(server.password)];
  writeFileSync(join(folder, "users.txt"), `"${user}" "${password}"\n`);
  writeFileSync(
    join(folder, "pgbouncer.ini"),
    `[databases]
* = host=${server.hostname} port=${server.port || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(folder, "users.txt")}
pool_mode = transaction
default_pool_size = 6
ignore_startup_parameters = extra_float_digits
`,
  );
  // It refuses to run as root.
  const owner = process.getuid?.() === 0 ? ownerOf("postgres") : null;
  if (owner !== null)
    for (const name of ["", "users.txt", "pgbouncer.ini"]) chownSync(join(folder, name), owner.uid, owner.gid);
  const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;
  const child = spawn(PROGRAM, ["-q", join(folder, "pgbouncer.ini")], {
    ...(owner ?? {}),
    env: { PATH: path },
    stdio: "ignore",
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", ({ message }) =>
      resolve(`unable to start pgbouncer; ${message}: install it (Debian: apt-get install pgbouncer)`),
    );
    child.once("exit", (code) => resolve(`pgbouncer has ended with ${code}`));
  });
  const url = new URL(server);
  url.port = String(port);
  url.hostname = "127.0.0.1";
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const failed = await Promise.race([ended, answers(url.href)]);
  if (failed !== null) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(failed);
  }
  return { url: url.href, stop };
}

async function answers(url: string): Promise<null> {
  for (;;) {
    const client = new Client({ connectionString: url });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.end();
      return null;
    } catch {
      await sleep(50);
    }
  }
}

function ownerOf(name: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
