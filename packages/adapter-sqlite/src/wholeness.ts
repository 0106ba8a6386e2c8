import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { Refusal } from "./refusal.ts";
import { readWalPages, type WalPages } from "./wal-pages.ts";

/** One page of the smallest kind: SQLite takes anything shorter for a database that is about to be made. */
const DATABASE_BYTES_MIN = 512;

/**
 * Refuses a file that cannot be opened without losing something, before SQLite touches it: SQLite
 * takes an empty file for a new one and throws its log away, and fills a truncated one up with zeros.
 *
 * The database file itself is never opened here: closing it again would drop the locks that another
 * store of this process may have on it (POSIX gives them to the process, not to the descriptor).
 */
export function inspect(path: string): void {
  const stats = statSync(path);
  if (stats.isDirectory()) {
    throw new Refusal(
      "invalid",
      `unable to open store; ${path} is a directory: name a file in it, such as ${path}/chat.db`,
    );
  }
  if (!stats.isFile()) throw new Refusal("invalid", `unable to open store; ${path} is no file: choose another path`);
  requireWritable(path, path);
  requireWritable(dirname(path), `the directory ${dirname(path)}`);
  if (stats.size < DATABASE_BYTES_MIN) throw truncated(path);
  // The log first: a holder of the lock may copy it into the file meanwhile, and the file only grows.
  const wal = readWalPages(`${path}-wal`);
  if (wal !== null && !holdsTheRest(wal, statSync(path).size)) throw truncated(path);
}

/** The same once the lock is taken, when nobody else can change either; without a log the header says how long the file should be. */
export function requireWhole(database: DatabaseSync, path: string): void {
  const wal = readWalPages(`${path}-wal`);
  const { size } = statSync(path);
  const { pages } = database.prepare("SELECT page_count AS pages FROM pragma_page_count").get() as { pages: number };
  const { bytes } = database.prepare("SELECT page_size AS bytes FROM pragma_page_size").get() as { bytes: number };
  if (wal === null ? size < pages * bytes : !holdsTheRest(wal, size)) throw truncated(path);
}

/**
 * Whether every page that the file is too short for stands in the log. A process that is killed while
 * it copies the log into the file leaves it so, and that is no loss.
 */
function holdsTheRest({ pageBytes, databasePages, pages }: WalPages, bytes: number): boolean {
  // SQLite keeps its locks at byte 2^30, and never writes the page around it.
  const lockPage = 2 ** 30 / pageBytes + 1;
  for (let page = Math.floor(bytes / pageBytes) + 1; page <= databasePages; page++) {
    if (page !== lockPage && !pages.has(page)) return false;
  }
  return true;
}

function requireWritable(path: string, name: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code;
    throw new Refusal(
      "unavailable",
      `unable to open store; ${name} is not writable (${why}): let this process write there, or choose another path`,
      error,
    );
  }
}

export function truncated(path: string): Refusal {
  return new Refusal(
    "invalid",
    `unable to open store; ${path} is truncated or damaged: put back a whole copy of it, with its -wal file if it has one`,
  );
}
