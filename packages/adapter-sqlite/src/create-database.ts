import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "./migrate.ts";
import { Refusal } from "./refusal.ts";

/** Says in the file's header whose it is ("Earo", sqlite.org/pragma.html#pragma_application_id). */
export const APPLICATION_ID = 0x4561726f;

/**
 * Makes a new database where there is none. It is made whole under another name and then linked into
 * place, so that a process killed on the way leaves nothing that looks like a database; one that
 * another process has put there meanwhile stays.
 */
export function createDatabase(path: string): void {
  refuseOrphans(path);
  const directory = dirname(path);
  try {
    makeDirectory(directory);
    const unfinished = `${unfinishedPrefix(path)}${process.pid}-${randomBytes(6).toString("hex")}`;
    try {
      build(unfinished);
      putInPlace(unfinished, path);
    } catch (error) {
      // Another process was quicker: it has the lock, and has tidied this one's away before it was done.
      if (!exists(path)) throw error;
    } finally {
      rmSync(unfinished, { force: true });
    }
    syncDirectory(directory);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Refusal(
      "unavailable",
      `unable to open store; ${path} cannot be created (${code === "ERR_SQLITE_ERROR" ? message : code}): make ${directory} a directory that this process may write to, or choose another path`,
      error,
    );
  }
}

/** Removes what creations that were killed have left. Only for the holder of the database's lock. */
export function removeUnfinished(path: string): void {
  const prefix = basename(unfinishedPrefix(path));
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(prefix)) rmSync(join(dirname(path), name), { force: true });
  }
}

function unfinishedPrefix(path: string): string {
  return `${path}.unfinished-`;
}

/** A log without its database holds messages, and SQLite would throw it away or mix it into the new file. */
function refuseOrphans(path: string): void {
  for (const log of [`${path}-wal`, `${path}-journal`]) {
    if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) === 0) continue;
    // Another process has made the database meanwhile, and writes to it.
    if (exists(path)) return;
    throw new Refusal(
      "invalid",
      `unable to open store; ${path} is missing but its log ${log} is there: put the database back beside it, or move the log away`,
    );
  }
}

function makeDirectory(directory: string): void {
  const first = mkdirSync(directory, { recursive: true });
  if (first === undefined) return;
  // Each new directory is an entry of the one above it, and is lost with a power cut unless that one is synced.
  for (let made = directory; made.length >= first.length; made = dirname(made)) syncDirectory(dirname(made));
}

function build(path: string): void {
  const database = new DatabaseSync(path);
  try {
    // Nothing here needs to outlive a crash before `putInPlace`, and all of it is synced before that.
    database.exec("PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    migrate(database);
  } finally {
    database.close();
  }
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** `link` never replaces what stands there; some file systems lack it. */
function putInPlace(unfinished: string, path: string): void {
  try {
    linkSync(unfinished, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process was quicker, or has the lock already and has tidied up.
    if (code === "EEXIST" || code === "ENOENT") return;
    if (code !== "EPERM" && code !== "ENOTSUP" && code !== "ENOSYS" && code !== "EMLINK") throw error;
    if (!exists(path)) renameSync(unfinished, path);
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function syncDirectory(directory: string): void {
  // Windows has no such thing; its file systems keep their directories by themselves.
  if (process.platform === "win32") return;
  const file = openSync(directory, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
