import { Pool } from "pg";
import { inject } from "vitest";

/** The server of this run: `DATABASE_URL` where it is set, else a private one. */
export const postgresUrl = (): string => inject("postgresUrl");

export function newPool(url = postgresUrl(), max = 4): Pool {
  const pool = new Pool({ connectionString: url, max });
  // A pool without a listener ends the process when an idle connection dies.
  pool.on("error", () => {});
  return pool;
}
