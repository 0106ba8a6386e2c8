import type { Durability } from "@earshot/protocol";
import type { Barrier } from "./barrier.ts";
import type { Connections } from "./connections.ts";
import type { Transaction } from "./transaction.ts";

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
 * server's feet, with the same timeline, is not seen. Gives the server's identity.
 */
export async function checkLife(connections: Connections, barrier: Barrier, durability: Durability): Promise<string> {
  const cluster = await connections.identity();
  const [seen] = await connections.all<{ readonly cluster: string | null }>(STORE);
  if (seen?.cluster !== cluster) {
    await connections.write((transaction) => beginLife(transaction, barrier, cluster, durability));
  }
  return cluster;
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
