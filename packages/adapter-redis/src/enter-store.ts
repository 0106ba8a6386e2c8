import { randomBytes } from "node:crypto";
import { ChatError, type Durability } from "@earshot/protocol";
import { StoreKeys } from "./keys.ts";
import type { RedisClient } from "./redis-client.ts";
import { type RedisConnection, redisDriver } from "./redis-driver.ts";
import { redisFailure, requireVersion } from "./redis-failure.ts";
import { serverDurability } from "./server-durability.ts";
import { StoreLink } from "./store/store-link.ts";
import { STORE_SCRIPTS } from "./store-scripts.ts";

/** Of what stands in Redis; it rises with every change that an older package could not read. */
const SCHEMA = 1;
const OLDEST = [7, 0] as const;

export interface EnterOptions {
  readonly namespace: string;
  readonly commandTimeoutMs: number;
  /** What the servers' settings have to give; null: whatever they do. */
  readonly durability: Durability | null;
  /** The connection is open again after a loss, or Redis has lost something. */
  readonly onReady: () => void;
}

export interface EnteredStore {
  readonly connection: RedisConnection;
  readonly link: StoreLink;
  readonly durability: Durability;
}

/** Opens connections of the store's own, and checks what it stands on. Rejects with what is wrong, in one sentence. */
export async function enterStore(client: RedisClient, options: EnterOptions): Promise<EnteredStore> {
  const { namespace, commandTimeoutMs, onReady } = options;
  const doing = "open store";
  const driver = redisDriver(client);
  let connection: RedisConnection | null = null;
  try {
    connection = await driver.connect({ commandTimeoutMs }, { onReady });
    for (const info of await connection.callEach("INFO", ["server"])) requireVersion(doing, info, OLDEST);
    if (!driver.isCluster) await refuseCluster(connection);
    const durability = await checkedDurability(connection, options.durability);
    const keys = new StoreKeys(namespace);
    const life = await nameOfStore(connection, keys);
    // Whether every kind of command may be used, before a message depends on it.
    await STORE_SCRIPTS.probe.run(connection, [keys.probe()], []);
    const link = new StoreLink({ connection, isCluster: driver.isCluster, keys, life, onNewLife: onReady });
    await link.rewindAll();
    return { connection, link, durability };
  } catch (error) {
    await connection?.close();
    throw redisFailure(doing, error);
  }
}

/** A client of one server reaches a part of a Cluster only. */
async function refuseCluster(connection: RedisConnection): Promise<void> {
  if (!/cluster_enabled:1/.test(String(await connection.call(null, "INFO", ["cluster"])))) return;
  throw new ChatError(
    "invalid",
    "unable to open store; the server belongs to a Cluster: make the client with Cluster of ioredis or createCluster of node-redis",
  );
}

/** What the servers' settings give. Refuses those that would take acknowledged messages away, or give less than is demanded. */
export async function checkedDurability(connection: RedisConnection, demanded: Durability | null): Promise<Durability> {
  for (const info of await connection.callEach("INFO", ["memory"])) {
    const policy = /maxmemory_policy:(\S+)/.exec(String(info))?.[1] ?? "noeviction";
    if (policy === "noeviction") continue;
    throw new ChatError(
      "invalid",
      `unable to open store; Redis may evict messages (maxmemory-policy ${policy}): set it to noeviction`,
    );
  }
  const durability = await serverDurability(connection);
  if (demanded === null || LEVELS.indexOf(durability) >= LEVELS.indexOf(demanded)) return durability;
  throw new ChatError(
    "invalid",
    `unable to open store; ${demanded} is demanded, and the settings of Redis give ${durability}: look at appendonly and appendfsync`,
  );
}

const LEVELS: readonly Durability[] = ["memory", "process", "fsync", "replicated"];

/** The store's name, made by whoever opens it first, and anew where it was lost with everything else. */
export async function nameOfStore(connection: RedisConnection, keys: StoreKeys): Promise<string> {
  const name = randomBytes(8).toString("hex");
  const [schema, life = ""] = (await STORE_SCRIPTS.open.run(
    connection,
    [keys.store()],
    [String(SCHEMA), name],
  )) as readonly string[];
  if (Number(schema) <= SCHEMA) return life;
  throw new ChatError(
    "invalid",
    `unable to open store; it was written by a newer version (schema ${schema}, this one knows ${SCHEMA}): update @earshot/adapter-redis`,
  );
}
