import { ChatError } from "@earshot/protocol";
import type { Connections } from "./connections.ts";
import { migrations as released } from "./migrations/index.ts";
import { presenceTables } from "./migrations/presence-tables.ts";
import { schemaOf } from "./schema-of.ts";
import { inSchema } from "./statements.ts";

/** Whoever makes or changes a schema of this package, in any database of any namespace, does so alone. */
export const LOCK_SCHEMAS = "SELECT pg_advisory_xact_lock(hashtext('earshot migrations'), 0)";
const THERE = "SELECT to_regclass($1) IS NOT NULL AS yes";
const VERSION = "SELECT coalesce(max(version), 0) AS version FROM @migrations";
const HAS_SCHEMA = "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1) AS yes";
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS @migrations (
  version int PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now()
)`;

/**
 * Brings a schema to the newest version, all steps in one transaction: a process that is killed on the way leaves
 * the schema it found. Any number of gateways may do so at once: one does, the others find it done. Where
 * nothing is to be done, nothing is written, and no right to is needed. Refuses a newer schema with `invalid`.
 */
export async function migrate(
  connections: Connections,
  schema: string,
  migrations: readonly string[] = released,
): Promise<void> {
  if ((await versionOf(connections, schema)) === migrations.length) return;
  await connections.write(async (transaction) => {
    await transaction.all(LOCK_SCHEMAS);
    const has = await transaction.one<{ readonly yes: boolean }>(HAS_SCHEMA, [schema]);
    if (has?.yes !== true) await transaction.script(`CREATE SCHEMA ${quoted(schema)}`);
    await transaction.script(CREATE_TABLE);
    const version = (await transaction.one<{ readonly version: number }>(VERSION))?.version ?? 0;
    requireKnown(schema, version, migrations.length);
    for (const [n, step] of migrations.entries()) {
      if (n >= version) await transaction.script(`${step}${recorded(n + 1)}`);
    }
  });

  async function versionOf(from: Connections, name: string): Promise<number> {
    const [there] = await from.all<{ readonly yes: boolean }>(THERE, [`${quoted(name)}.migrations`]);
    if (there?.yes !== true) return 0;
    const [row] = await from.all<{ readonly version: number }>(VERSION);
    const version = row?.version ?? 0;
    requireKnown(name, version, migrations.length);
    return version;
  }
}

function requireKnown(schema: string, version: number, known: number): void {
  if (version <= known) return;
  throw new ChatError(
    "invalid",
    `unable to open store; schema ${schema} has version ${version} and this package knows ${known}: upgrade @earshot/adapter-postgres`,
  );
}

function recorded(version: number): string {
  return `\nINSERT INTO @migrations (version) VALUES (${version});\n`;
}

function quoted(schema: string): string {
  return `"${schema}"`;
}

/**
 * The SQL that makes the tables of a namespace (default: `default`), of the store and of `postgresPresence`, for a DBA who
 * runs it in the place of a gateway that lacks the right to. `from`: the store's version that is there already, 0 for none.
 */
export function printMigrations({
  namespace,
  from = 0,
}: {
  readonly namespace?: string;
  readonly from?: number;
} = {}): string {
  const schema = schemaOf(namespace);
  const steps = released.map((step, n) => `-- version ${n + 1}\n${step}${recorded(n + 1)}`).slice(from);
  const text = [`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)};`, `${CREATE_TABLE};`, ...steps, presenceTables].join(
    "\n",
  );
  return `BEGIN;\n${LOCK_SCHEMAS};\n${inSchema(text, schema)}COMMIT;\n`;
}
