import type { Connections } from "./connections.ts";
import { LOCK_SCHEMAS } from "./migrate.ts";
import { presenceTables } from "./migrations/presence-tables.ts";
import { schemaOf } from "./schema-of.ts";
import { inSchema } from "./statements.ts";

/** By a look into the catalog: behind a lock `to_regclass` may go by what the connection remembers from before it waited. */
const THERE = `SELECT EXISTS (
  SELECT 1 FROM pg_class AS class JOIN pg_namespace AS schema ON schema.oid = class.relnamespace
  WHERE schema.nspname = $1 AND class.relname = 'presence_seen'
) AS yes`;
const HAS_SCHEMA = "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1) AS yes";

interface Answer {
  readonly yes: boolean;
}

/** Makes what is not there; any number of gateways may do so at once. A role without the right to is enough where it is. */
export async function makePresenceTables(connections: Connections, schema: string): Promise<void> {
  const [found] = await connections.all<Answer>(THERE, [schema]);
  if (found?.yes === true) return;
  await connections.write(async (transaction) => {
    await transaction.all(LOCK_SCHEMAS);
    if ((await transaction.one<Answer>(THERE, [schema]))?.yes === true) return;
    const has = await transaction.one<Answer>(HAS_SCHEMA, [schema]);
    if (has?.yes !== true) await transaction.script(`CREATE SCHEMA "${schema}"`);
    await transaction.script(presenceTables);
  });
}

/**
 * The SQL that makes the tables of `postgresPresence` alone in a namespace (default: `default`), for who keeps messages
 * elsewhere: as `printMigrations`, which has them too.
 */
export function printPresenceTables({ namespace }: { readonly namespace?: string } = {}): string {
  const schema = schemaOf(namespace);
  const text = `CREATE SCHEMA IF NOT EXISTS "${schema}";\n${presenceTables}`;
  return `BEGIN;\n${LOCK_SCHEMAS};\n${inSchema(text, schema)}COMMIT;\n`;
}
