import { ChatError, type Durability } from "@earshot/protocol";
import type { Connections } from "./connections.ts";
import { isLost, sqlStateOf } from "./failure.ts";
import { tlsFailure } from "./tls-failure.ts";

/** The oldest that is tested. */
const VERSION_MIN = 15;

const SETTINGS = `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
  pg_is_in_recovery() AS standby, current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages,
  current_setting('synchronous_commit') AS commit, current_setting('synchronous_standby_names') AS standbys`;

interface Settings {
  readonly version: number;
  readonly encoding: string;
  readonly standby: boolean;
  readonly fsync: string;
  readonly pages: string;
  readonly commit: string;
  readonly standbys: string;
}

/** What the server's settings promise of a commit, or a refusal that says why it cannot be used. */
export async function checkServer(connections: Connections): Promise<Durability> {
  const [settings] = await connections.all<Settings>(SETTINGS);
  if (settings === undefined) throw refusal("unavailable", "the server did not tell its settings");
  const { version, encoding, standby } = settings;
  const major = Math.floor(version / 10_000);
  if (major < VERSION_MIN) {
    throw refusal("invalid", `the server is PostgreSQL ${major}, and it takes ${VERSION_MIN} or newer: upgrade it`);
  }
  if (encoding !== "UTF8") {
    throw refusal("invalid", `the database has the encoding ${encoding}: make one with ENCODING 'UTF8'`);
  }
  if (standby) {
    throw refusal(
      "unavailable",
      "the server is a standby, which takes no writes: give the pool the address of the primary",
    );
  }
  return durabilityOf(settings);
}

/** Never more than the settings say: a commit that nobody waits for survives this process alone. */
export function durabilityOf({ fsync, pages, commit, standbys }: Settings): Durability {
  if (fsync !== "on" || pages !== "on" || commit === "off") return "process";
  return standbys.trim() === "" || commit === "local" ? "fsync" : "replicated";
}

const LEVELS: readonly Durability[] = ["memory", "process", "fsync", "replicated"];

/** Refuses with `invalid` settings that promise less than is asked for. */
export function requireDurability(found: Durability, asked: Durability | undefined): void {
  if (asked === undefined || LEVELS.indexOf(found) >= LEVELS.indexOf(asked)) return;
  const cure =
    asked === "replicated"
      ? "set synchronous_standby_names, and synchronous_commit to on"
      : "set fsync, full_page_writes and synchronous_commit to on";
  throw refusal("invalid", `it is to be ${asked}, and the server's settings make it ${found}: ${cure}`);
}

/** Why the server could not be asked, in a sentence that says what to do next. */
export function openingFailure(error: unknown): unknown {
  const state = sqlStateOf(error);
  const { code } = error as { readonly code?: unknown };
  if (state === "28P01" || state === "28000") {
    return refusal("unauthenticated", "the server refuses the pool's user or password: correct them");
  }
  if (state === "3D000") return refusal("invalid", "the pool's database does not exist: create it, or name another");
  if (state === "42501") {
    return refusal(
      "forbidden",
      "the pool's role may not make the tables: grant it CREATE on the database, or run what printMigrations() prints",
    );
  }
  const insecure = tlsFailure(error);
  if (insecure !== null) return refusal("invalid", insecure, error);
  if (state === null && isLost(error)) {
    const word = typeof code === "string" ? ` (${code})` : "";
    return refusal(
      "unavailable",
      `no server answers at the pool's address${word}: start it, or correct the address`,
      error,
    );
  }
  return error;
}

function refusal(code: ChatError["code"], why: string, cause?: unknown): ChatError {
  const retry = code === "unavailable" ? { retryAfterMs: 1_000 } : {};
  return new ChatError(code, `unable to open store; ${why}`, { ...retry, ...(cause === undefined ? {} : { cause }) });
}
