import { ChatError, type ErrorCode, isChatError } from "@earshot/protocol";
import { sqlStateOf } from "./failure.ts";
import { tlsFailure } from "./tls-failure.ts";

const RETRY_MS = 1_000;

const MEANINGS: Readonly<Record<string, readonly [code: ErrorCode, why: string]>> = {
  "28P01": ["unauthenticated", "PostgreSQL refuses the password: check user and password"],
  "28000": ["unauthenticated", "PostgreSQL refuses this user from here: check the user, and pg_hba.conf"],
  "3D000": ["invalid", "there is no such database: create it, or name another one"],
  "42501": ["forbidden", "its role lacks rights: grant them, or have a DBA run what printMigrations() prints"],
  "53300": ["unavailable", "the server takes no more connections: raise its max_connections"],
};

/** One clear sentence of what went wrong and what to do. `doing`: "unable to open bus", for instance. */
export function listenFailure(doing: string, error: unknown): ChatError {
  if (isChatError(error)) return error;
  const state = sqlStateOf(error);
  const insecure = tlsFailure(error);
  if (insecure !== null) return new ChatError("invalid", `${doing}; ${insecure}`, { cause: error });
  const [code, why] = (state === null ? undefined : MEANINGS[state]) ?? ["unavailable", unreachable(state, error)];
  return new ChatError(code, `${doing}; ${why}`, {
    cause: error,
    ...(code === "unavailable" ? { retryAfterMs: RETRY_MS } : {}),
  });
}

function unreachable(state: string | null, error: unknown): string {
  if (state !== null) return `PostgreSQL says ${state}`;
  const { code, errors } = (error ?? {}) as {
    readonly code?: unknown;
    readonly errors?: readonly { code?: unknown }[];
  };
  const word = code ?? errors?.[0]?.code;
  return `the server cannot be reached${typeof word === "string" ? ` (${word})` : ""}: see that it runs, and its address`;
}
