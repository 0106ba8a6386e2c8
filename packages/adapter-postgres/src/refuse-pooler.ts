import { ChatError } from "@earshot/protocol";
import type { PgListenClient } from "./listen-client.ts";

/** A pooler names a process of its own. In transaction mode LISTEN may seem to work on it, until somebody else comes. */
export async function isPooled(client: PgListenClient): Promise<boolean> {
  const { processID } = client;
  if (typeof processID !== "number") return false;
  const { rows } = (await client.query("SELECT pg_backend_pid() AS pid")) as {
    readonly rows: readonly { pid: unknown }[];
  };
  return Number(rows[0]?.pid) !== processID;
}

export function pooled(doing: string): ChatError {
  return new ChatError(
    "invalid",
    `${doing}; LISTEN does not hold on a connection through a pooler, such as PgBouncer: give one straight to PostgreSQL by the option listen`,
  );
}
