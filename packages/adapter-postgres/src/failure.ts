import { ChatError, isChatError } from "@earshot/protocol";

/** What a caller is told to wait when the server cannot answer. */
const RETRY_AFTER_MS = 1_000;

/** SQLSTATE classes and codes that pass by themselves (postgresql.org/docs/current/errcodes-appendix.html). */
const PASSING = /^(08|53|57P0|57014|55P03|55006|40001|40P01|25006|25P03|58030|XX000)/;

/** The SQLSTATE of an error of the server, or null. */
export function sqlStateOf(error: unknown): string | null {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** Whether two transactions were in each other's way, and neither has done anything. */
export function isCollision(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === "40001" || state === "40P01";
}

/** Whether it is the connection that failed, and not the statement. */
export function isLost(error: unknown): boolean {
  if (isChatError(error)) return false;
  const state = sqlStateOf(error);
  return state === null ? error instanceof Error && !(error instanceof TypeError) : /^(08|57P0|25P03)/.test(state);
}

/** Whether the same call may succeed later without anybody's doing. */
export function isPassing(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === null ? isLost(error) : PASSING.test(state);
}

/** Any error of a call as the port promises it. The server's own words may quote what was written: only its code is kept. */
export function failureOf(error: unknown): ChatError {
  if (isChatError(error)) return error;
  const state = sqlStateOf(error);
  if (state === "25006")
    return unavailable("the server takes no writes: it is a standby, or is set to read only", error);
  if (state === "53100") return unavailable("the server's disk is full: make room on it", error);
  if (state === "53300") return unavailable("the server takes no more connections: raise its max_connections", error);
  if (state === "55P03") return unavailable("a row was locked by another transaction for too long", error);
  if (isPassing(error))
    return unavailable(state === null ? "its server did not answer" : `PostgreSQL says ${state}`, error);
  if (state === "42501") return internal("its role lacks rights on the tables: grant them, or let it own the schema");
  if (state === "3F000" || state === "42P01") return internal("its tables are gone: start again to make them");
  if (state !== null) return internal(`PostgreSQL says ${state}`);
  return new ChatError("internal", "unable to use store; the driver has failed", { cause: error });
}

function unavailable(why: string, error: unknown): ChatError {
  // Those of a connection quote nothing; those of a statement may.
  const cause = sqlStateOf(error) === null ? { cause: error } : {};
  return new ChatError("unavailable", `unable to use store; ${why}`, { retryAfterMs: RETRY_AFTER_MS, ...cause });
}

function internal(why: string): ChatError {
  return new ChatError("internal", `unable to use store; ${why}`);
}
