import type {
  Activity,
  HostedSession,
  PresenceDeparture,
  PresenceSession,
  PresenceStore,
  UserPresence,
} from "@earshot/core";
import { ChatError } from "@earshot/protocol";
import { presenceTag } from "./bus-names.ts";
import { Subscriber } from "./links/subscriber.ts";
import { Listeners } from "./listeners.ts";
import { type NamespaceOptions, namespaceOf } from "./namespace.ts";
import { openConnection } from "./open-connection.ts";
import { PortState } from "./port-state.ts";
import type { RedisClient } from "./redis-client.ts";
import type { RedisConnection } from "./redis-driver.ts";
import { redisFailure } from "./redis-failure.ts";
import { loadScript, type Script } from "./script-loader.ts";

export interface RedisPresenceOptions extends NamespaceOptions {
  /** Users of whom it is known when they were last seen; the one seen longest ago is forgotten first. The same on every node. Default 100,000. */
  readonly seenUsersMax?: number;
}

/**
 * Who is connected, in Redis: leases by its own time, each call one atomic step. On a Cluster all of it is in one
 * slot. Nothing here needs to outlive a crash of Redis: every node puts its sessions again.
 *
 * `client` is an ioredis or node-redis client or cluster, connected or not: it says where Redis is, and is neither
 * used nor closed. Two connections are opened like it.
 */
export function redisPresence(client: RedisClient, options: RedisPresenceOptions = {}): PresenceStore {
  return new RedisPresence(client, options);
}

const OLDEST = [6, 2] as const;
const SEEN_USERS_MAX = 100_000;
/** At least so often it is looked whether a lease has ended, in ms; sooner where it is known of one. */
const SWEEP_EVERY_MS = 1_000;
/** Sessions swept in one step: a few ms of Redis' time. */
const SWEEP_SESSIONS_MAX = 1_000;

const scripts = {
  lease: load("lease"),
  put: load("put"),
  remove: load("remove"),
  of: load("of"),
  sweep: load("sweep"),
};

class RedisPresence implements PresenceStore {
  readonly #client: RedisClient;
  readonly #tag: string;
  readonly #seenUsersMax: string;
  readonly #state = new PortState("presence store");
  readonly #changes = new Listeners<[users: readonly string[]]>();
  #connection: RedisConnection | null = null;
  #subscriber: Subscriber | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** When the next sweep is due, monotonic ms. */
  #due = Number.POSITIVE_INFINITY;

  constructor(client: RedisClient, { namespace, seenUsersMax = SEEN_USERS_MAX }: RedisPresenceOptions) {
    this.#client = client;
    this.#tag = presenceTag(namespaceOf(namespace));
    this.#seenUsersMax = String(seenUsersMax);
  }

  open(): Promise<void> {
    return this.#state.open(async () => {
      const doing = "open presence store";
      const connection = await openConnection(doing, this.#client, OLDEST);
      this.#connection = connection;
      const subscriber = new Subscriber({
        links: connection.links,
        key: null,
        message: (_, text) => this.#changes.tell(text.split(" ")),
        // Who missed a change notices it when it looks again.
        interrupted: () => {},
      });
      this.#subscriber = subscriber;
      try {
        await subscriber.open(this.#tag);
        await subscriber.subscribe(this.#tag);
        await this.#sweepOnce(connection);
      } catch (error) {
        await this.#end();
        throw redisFailure(doing, error);
      }
      if (this.#state.isClosed) await this.#end();
    });
  }

  async close(): Promise<void> {
    this.#state.close();
    this.#changes.clear();
    await this.#end();
  }

  async ping(): Promise<void> {
    await this.#asked("ping presence store", (connection) => connection.call(this.#tag, "PING", []));
  }

  async lease(node: string, ttlMs: number): Promise<void> {
    await this.#run("lease", "renew lease", [node, String(Math.max(0, Math.ceil(ttlMs)))]);
    this.#sweepIn(ttlMs);
  }

  async put(node: string, sessions: readonly PresenceSession[]): Promise<void> {
    const args = sessions.flatMap(({ session, activity, user, device }) => [session, activity, user, device]);
    const put = await this.#run("put", "put sessions", [node, this.#seenUsersMax, ...args]);
    if (put !== 1) {
      throw new ChatError("conflict", "unable to put sessions; the node's lease has ended or never began");
    }
  }

  async remove(node: string, sessions: readonly PresenceDeparture[]): Promise<void> {
    const args = sessions.flatMap(({ session, quietMs }) => [session, String(Math.round(quietMs))]);
    await this.#run("remove", "remove sessions", [node, this.#seenUsersMax, ...args]);
  }

  async of(users: readonly string[]): Promise<readonly UserPresence[]> {
    const found = (await this.#run("of", "find sessions", users)) as readonly (readonly string[])[];
    return users.map((user, at) => presenceOf(user, found[at] ?? []));
  }

  onChange(listener: (users: readonly string[]) => void): () => void {
    return this.#state.isClosed ? () => {} : this.#changes.add(listener);
  }

  #run(script: keyof typeof scripts, doing: string, args: readonly string[]): Promise<unknown> {
    return this.#asked(doing, (connection) => scripts[script].run(connection, [this.#tag], args));
  }

  async #asked<Answer>(doing: string, run: (connection: RedisConnection) => Promise<Answer>): Promise<Answer> {
    this.#state.require();
    const connection = this.#connection;
    if (connection === null) throw this.#state.notOpen();
    try {
      return await run(connection);
    } catch (error) {
      if (this.#state.isClosed) throw this.#state.notOpen();
      throw redisFailure(doing, error);
    }
  }

  #sweepIn(ms: number): void {
    const waitMs = Math.min(SWEEP_EVERY_MS, Math.max(0, ms));
    const due = performance.now() + waitMs;
    if (this.#state.isClosed || due >= this.#due) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => void this.#sweep(), waitMs);
  }

  async #sweep(): Promise<void> {
    this.#timer = null;
    this.#due = Number.POSITIVE_INFINITY;
    const connection = this.#connection;
    if (connection === null) return;
    // One that fails is made up for by the next, or by another node's.
    await this.#sweepOnce(connection).catch(() => this.#sweepIn(SWEEP_EVERY_MS));
  }

  async #sweepOnce(connection: RedisConnection): Promise<void> {
    const args = [String(SWEEP_SESSIONS_MAX), this.#seenUsersMax];
    const next = Number(await scripts.sweep.run(connection, [this.#tag], args));
    this.#sweepIn(next < 0 ? SWEEP_EVERY_MS : next);
  }

  async #end(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#due = Number.POSITIVE_INFINITY;
    this.#subscriber?.close();
    this.#subscriber = null;
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close();
  }
}

function load(name: string): Script {
  return loadScript(
    new URL("./scripts/presence-shared.lua", import.meta.url),
    new URL(`./scripts/presence-${name}.lua`, import.meta.url),
  );
}

/** `found`: as presence-of.lua has it. */
function presenceOf(user: string, [seen = "", ...fields]: readonly string[]): UserPresence {
  const sessions: HostedSession[] = [];
  for (let at = 0; at < fields.length; at += 4) {
    const [session = "", device = "", activity = "", node = ""] = fields.slice(at, at + 4);
    sessions.push({ session, user, device, activity: activity as Activity, node });
  }
  return { user, sessions, seen: seen === "" ? null : Number(seen) };
}
