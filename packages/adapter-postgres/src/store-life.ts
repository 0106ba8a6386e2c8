import type { Durability } from "@earshot/protocol";
import type { Barrier } from "./barrier.ts";
import type { Connections } from "./connections.ts";
import { sqlStateOf } from "./failure.ts";
import type { Transaction } from "./transaction.ts";

/** Which history this is: another timeline begins when a standby is promoted, or a backup recovered to a moment. */
const TIMELINE = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline";
/** Which cluster: another one where a dump was restored. Some services keep it from everybody. */
const SYSTEM = "SELECT system_identifier::text AS system FROM pg_control_system()";
const STORE = `SELECT cluster, generation, shift + pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next FROM @store`;
const SEEN = "UPDATE @store SET cluster = $1";
/** The highest number that anything has: where they begin anew, they begin above it. */
const HIGHEST = `SELECT greatest(coalesce((SELECT max(change) FROM @heads), 0), coalesce((SELECT max(change) FROM @members), 0),
  coalesce((SELECT max(change) FROM @feed), 0)) AS highest`;
const NEW_LIFE = `UPDATE @store SET cluster = $1, generation = generation + 1, shift = shift + $2::bigint,
  life = substr(replace(gen_random_uuid()::text, '-', ''), 1, 16)`;

/**
 * Sees that the store was put back, or that a server has taken over that may lack the last of what was acknowledged:
 * every log is in another life then, so that readers read anew. Told by the cluster and its timeline; with
 * `replicated` a takeover alone loses nothing, and changes nothing. A disk that was put back under the
 * server's feet, with the same timeline, is not seen.
 */
export async function checkLife(connections: Connections, barrier: Barrier, durability: Durability): Promise<void> {
  const cluster = await clusterOf(connections);
  const [seen] = await connections.all<{ readonly cluster: string | null }>(STORE);
  if (seen?.cluster === cluster) return;
  await connections.write((transaction) => beginLife(transaction, barrier, cluster, durability));
}

async function clusterOf(connections: Connections): Promise<string> {
  const [now] = await connections.all<{ readonly timeline: string }>(TIMELINE);
  let system = "";
  try {
    system = (await connections.all<{ readonly system: string }>(SYSTEM))[0]?.system ?? "";
  } catch (error) {
    if (sqlStateOf(error) !== "42501") throw error;
  }
  return `${system}/${now?.timeline ?? ""}`;
}

async function beginLife(
  transaction: Transaction,
  barrier: Barrier,
  cluster: string,
  durability: Durability,
): Promise<void> {
  await transaction.all(barrier.exclusive);
  const store = await transaction.one<{ readonly cluster: string | null; readonly next: number }>(STORE);
  if (store === undefined || store.cluster === cluster) return;
  const [system] = cluster.split("/");
  const isTakeover = store.cluster?.split("/")[0] === system;
  if (store.cluster === null || (isTakeover && durability === "replicated")) {
    await transaction.commit([SEEN, [cluster]]);
    return;
  }
  const highest = (await transaction.one<{ readonly highest: number }>(HIGHEST))?.highest ?? 0;
  await transaction.commit([NEW_LIFE, [cluster, Math.max(0, highest + 1 - store.next)]]);
}
