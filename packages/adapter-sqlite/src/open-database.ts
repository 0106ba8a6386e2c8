import { randomInt } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Durability } from "@earshot/protocol";
import { APPLICATION_ID, createDatabase, removeUnfinished } from "./create-database.ts";
import { migrate, requireKnownSchema, schemaOf } from "./migrate.ts";
import { Refusal, SQLITE, sqliteCodeOf } from "./refusal.ts";
import { inspect, requireWhole, truncated } from "./wholeness.ts";

export interface OpenDatabase {
  readonly database: DatabaseSync;
  readonly durability: Durability;
}

/** Two processes that start at once may each keep the other from the lock for a moment; nobody else gives it up. */
const LOCK_ATTEMPTS = 8;
const LOCK_WAIT_MS = 60;
/** Log pages (of 4 KiB) after which the log is copied into the file: hot pages are copied once, not once a commit. */
const CHECKPOINT_PAGES = 4_000;
const LOG_BYTES_KEPT_MAX = 64 * 2 ** 20;
const CACHE_KIB_MAX = 32 * 1_024;

/**
 * Opens a database for this process alone, creating or migrating it. Refuses, in one sentence that
 * says what to do next: `conflict` if another process (or another store of this one) has it,
 * `invalid` for what is no Earshot database, is newer, truncated or a directory, `unavailable` for
 * what cannot be read or written. A refused file is left as it was found.
 */
export function openDatabase(given: string): OpenDatabase {
  const path = findOrCreate(given);
  inspect(path);
  const database = lock(path);
  try {
    const { id } = database.prepare("SELECT application_id AS id FROM pragma_application_id").get() as { id: number };
    if (id !== APPLICATION_ID) {
      throw new Refusal(
        "invalid",
        `unable to open store; ${path} is another application's database: choose another path`,
      );
    }
    requireKnownSchema(database, path);
    requireWhole(database, path);
    setUp(database);
    migrate(database);
    removeUnfinished(path);
    return { database, durability: durabilityOf(database) };
  } catch (error) {
    database.close();
    throw explained(error, path);
  }
}

/** The path itself, not a link to it: SQLite puts the log beside what the link leads to. */
function findOrCreate(given: string): string {
  try {
    if (statSync(given, { throwIfNoEntry: false }) === undefined) createDatabase(given);
    return realpathSync(given);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new Refusal(
      "unavailable",
      `unable to open store; ${given} cannot be reached (${code}): choose another path`,
      error,
    );
  }
}

/** Takes the lock that this process keeps until it closes the database or dies. */
function lock(path: string): DatabaseSync {
  for (let attempt = 1; ; attempt++) {
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(path);
      database.exec("PRAGMA locking_mode = EXCLUSIVE");
      // The first read recovers the log, and locks a file that has one; the transaction locks any other.
      schemaOf(database);
      database.exec("BEGIN EXCLUSIVE; COMMIT");
      return database;
    } catch (error) {
      database?.close();
      if (!isBusy(error) || attempt === LOCK_ATTEMPTS) throw explained(error, path);
      sleep(randomInt(LOCK_WAIT_MS));
    }
  }
}

function setUp(database: DatabaseSync): void {
  // Read back in `durabilityOf`: asking is not getting.
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  // macOS alone: fsync there does not empty the disk's own cache.
  database.exec("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON");
  // What is deleted is overwritten with zeros, also in the pages that become free; and so every page of the file is one
  // that was written, which `wholeness.ts` builds on. What the log holds of it is out of reach of that: an older copy of
  // its page stays there until the log has been copied into the file and its place was written again, or until the store
  // is closed in order, which removes the log.
  database.exec("PRAGMA secure_delete = ON");
  database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA journal_size_limit = ${LOG_BYTES_KEPT_MAX}`);
  database.exec(`PRAGMA cache_size = -${CACHE_KIB_MAX}; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF`);
}

/** `fsync` only if SQLite's own words say that a commit waits for the disk (I1). */
export function durabilityOf(database: DatabaseSync): Durability {
  const { journal } = database.prepare("SELECT journal_mode AS journal FROM pragma_journal_mode").get() as {
    journal: string;
  };
  const { level } = database.prepare("SELECT synchronous AS level FROM pragma_synchronous").get() as { level: number };
  // 2 is FULL, 3 EXTRA.
  return journal === "wal" && level >= 2 ? "fsync" : "process";
}

function explained(error: unknown, path: string): Refusal {
  if (error instanceof Refusal) return error;
  const code = sqliteCodeOf(error);
  if (isBusy(error)) {
    return new Refusal(
      "conflict",
      `unable to open store; ${path} is in use by another process, or by another store of this one: stop that one first, or choose another path`,
      error,
    );
  }
  if (code === SQLITE.notADatabase)
    return new Refusal("invalid", `unable to open store; ${path} is no database: choose another path`, error);
  if (code === SQLITE.corrupt) return truncated(path);
  if (code === SQLITE.readOnly) {
    return new Refusal(
      "unavailable",
      `unable to open store; ${path} is read-only: let this process write there, or choose another path`,
      error,
    );
  }
  if (code === SQLITE.full)
    return new Refusal("unavailable", `unable to open store; the disk of ${path} is full: make room on it`, error);
  const text = error instanceof Error ? error.message : "unknown error";
  return new Refusal(
    "unavailable",
    `unable to open store; ${path} cannot be opened (${text}): check the disk and the rights of its directory`,
    error,
  );
}

function isBusy(error: unknown): boolean {
  const code = sqliteCodeOf(error);
  return code === SQLITE.busy || code === SQLITE.locked;
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
