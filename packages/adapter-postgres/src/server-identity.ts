import { sqlStateOf } from "./failure.ts";
import type { PgClient } from "./pg-pool.ts";
import type { Statements } from "./statements.ts";

/** Which history: another timeline begins when a standby is promoted, or a backup recovered to a moment. A standby has none of its own. */
const TIMELINE = `SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END AS timeline`;
/** Which cluster: another one where a dump was restored. Some services keep it from everybody. */
const SYSTEM = "SELECT system_identifier::text AS system FROM pg_control_system()";

/** Whose server is at the other end of a connection: `<cluster>/<timeline>`. */
export async function serverIdentity(client: PgClient, statements: Statements): Promise<string> {
  const now = await row<{ readonly timeline: string }>(client, statements, TIMELINE);
  let system = "";
  try {
    system = (await row<{ readonly system: string }>(client, statements, SYSTEM))?.system ?? "";
  } catch (error) {
    if (sqlStateOf(error) !== "42501") throw error;
  }
  return `${system}/${now?.timeline ?? ""}`;
}

async function row<Row>(client: PgClient, statements: Statements, text: string): Promise<Row | undefined> {
  const result = await client.query(statements.query(text, []));
  return "rows" in result ? (result.rows[0] as Row | undefined) : undefined;
}
