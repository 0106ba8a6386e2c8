import type { PresenceDeparture, PresenceSession, PresenceStore, UserPresence } from "@earshot/core";
import { ChatError, type NodeId, parseJson, type UserId } from "@earshot/protocol";
import { Channel, channelOf } from "./channel.ts";
import { Connections } from "./connections.ts";
import { type ListenSource, listenClients } from "./listen-client.ts";
import { listenFailure } from "./listen-failure.ts";
import { makePresenceTables } from "./make-presence-tables.ts";
import type { PgPool } from "./pg-pool.ts";
import {
  END_LEASES,
  FIND_EXPIRED,
  FORGET_SEEN,
  LEASE,
  LOCK_EXPIRED,
  LOCK_LEASE,
  PUT,
  REMOVE,
  SEEN_OF,
  SESSIONS_OF,
} from "./presence-statements.ts";
import { schemaOf } from "./schema-of.ts";
import { Statements } from "./statements.ts";
import type { Transaction } from "./transaction.ts";
import { type SeenRow, type SessionRow, userPresences } from "./user-presences.ts";

export interface PostgresPresenceOptions {
  /** Keeps clusters that share a database apart: its tables stand in the namespace's schema. Default `default`. */
  readonly namespace?: string;
  /** A connection straight to PostgreSQL. Needed where the pool goes through a pooler, on which LISTEN does not hold. Default: as the pool connects. */
  readonly listen?: ListenSource;
  /** Users of whom it is known when they were last seen; the one unchanged for longest is forgotten first. Default 1,000,000. */
  readonly seenUsersMax?: number;
}

const SEEN_USERS_MAX = 1_000_000;
const SWEEP_EVERY_MS = 500;
/** Sweeps from one look at how many users are remembered to the next, about. */
const SWEEPS_PER_FORGETTING = 240;
const ATTEMPTS_MAX = 4;

interface UserRow {
  readonly user_id: UserId | null;
}

/**
 * Presence in three small tables, two of them unlogged. Leases are measured by the database's clock, in the statement that
 * asks; every gateway looks twice a second for leases that have run out, and the first ends their sessions. Who has
 * changed is told by NOTIFY, on one connection of its own beside the pool.
 *
 * `open` makes the tables in the namespace's schema if they are not there, and rejects as `postgresBus` does, or with
 * `forbidden` where the role may not make them.
 */
export function postgresPresence(pool: PgPool, options: PostgresPresenceOptions = {}): PresenceStore {
  return new PostgresPresence(pool, options);
}

class PostgresPresence implements PresenceStore {
  readonly #schema: string;
  readonly #connections: Connections;
  readonly #channel: Channel;
  readonly #seenUsersMax: number;
  readonly #listeners = new Set<(users: readonly UserId[]) => void>();
  #timer: NodeJS.Timeout | null = null;
  #sweeping = false;
  #state: "new" | "open" | "closed" = "new";

  constructor(pool: PgPool, { namespace, listen, seenUsersMax = SEEN_USERS_MAX }: PostgresPresenceOptions) {
    this.#schema = schemaOf(namespace);
    this.#seenUsersMax = seenUsersMax;
    // Unnamed, so that each is planned by what the tables hold now: they are emptied and filled all day.
    this.#connections = new Connections(pool, new Statements(this.#schema, false));
    const name = channelOf(namespace, "presence");
    this.#channel = new Channel({
      of: "presence store",
      name,
      client: listenClients(pool, listen, name),
      trusted: listen !== undefined,
      heard: (text) => this.#told(text),
      lost: () => {},
      restored: () => {},
    });
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open presence store; it was opened before");
    this.#state = "open";
    try {
      await makePresenceTables(this.#connections, this.#schema);
      await this.#channel.open();
    } catch (error) {
      await this.close();
      throw listenFailure("unable to open presence store", error);
    }
    this.#timer = setInterval(() => void this.#sweep(), SWEEP_EVERY_MS);
  }

  async close(): Promise<void> {
    this.#state = "closed";
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#listeners.clear();
    await this.#channel.close();
    await this.#connections.idle();
  }

  async ping(): Promise<void> {
    this.#requireOpen();
    await this.#asked(this.#connections.all("SELECT 1"));
  }

  async lease(node: NodeId, ttlMs: number): Promise<void> {
    this.#requireOpen();
    const ended = await this.#asked(
      ttlMs <= 0
        ? this.#connections.write((transaction) => endLease(transaction, node))
        : this.#connections.write((transaction) => renew(transaction, node, ttlMs)),
    );
    this.#tell(ended);
  }

  async put(node: NodeId, sessions: readonly PresenceSession[]): Promise<void> {
    this.#requireOpen();
    const given = [...new Map(sessions.map((each) => [each.session, each])).values()];
    const changed = await this.#write(PUT, [
      node,
      given.map(({ session }) => session),
      given.map(({ user }) => user),
      given.map(({ device }) => device),
      given.map(({ activity }) => activity),
    ]);
    if (changed.length === 0) {
      throw new ChatError("conflict", "unable to put sessions; the node's lease has ended or never began");
    }
    this.#tell(changed);
  }

  async remove(node: NodeId, sessions: readonly PresenceDeparture[]): Promise<void> {
    this.#requireOpen();
    const given = [...new Map(sessions.map((each) => [each.session, each])).values()];
    const changed = await this.#write(REMOVE, [
      node,
      given.map(({ session }) => session),
      given.map(({ quietMs }) => quietMs),
    ]);
    this.#tell(changed);
  }

  async of(users: readonly UserId[]): Promise<readonly UserPresence[]> {
    this.#requireOpen();
    if (users.length === 0) return [];
    const asked = [[...new Set(users)]];
    // In this order: of sessions that end in between it is known when they were seen.
    const sessions = await this.#asked(this.#connections.all<SessionRow>(SESSIONS_OF, asked));
    const seen = await this.#asked(this.#connections.all<SeenRow>(SEEN_OF, asked));
    return userPresences(users, sessions, seen);
  }

  onChange(listener: (users: readonly UserId[]) => void): () => void {
    if (this.#state === "closed") return () => {};
    const own = (users: readonly UserId[]): void => listener(users);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  // ---- leases that run out

  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      const expired = await this.#connections.all(FIND_EXPIRED);
      if (expired.length > 0) this.#tell(await this.#connections.write(endExpired));
      if (Math.random() * SWEEPS_PER_FORGETTING < 1) await this.#connections.all(FORGET_SEEN, [this.#seenUsersMax]);
    } catch {
      // Whatever it is, the next sweep meets it too; what is asked for is told of it.
    } finally {
      this.#sweeping = false;
    }
  }

  // ---- who has changed

  #tell(rows: readonly UserRow[]): void {
    const users = rows.flatMap(({ user_id: user }) => (user === null ? [] : [user]));
    if (users.length === 0 || this.#state !== "open") return;
    this.#listen(users);
    this.#channel.say(JSON.stringify(users)).catch(() => {});
  }

  #told(text: string): void {
    if (text === "") return;
    try {
      const users: unknown = parseJson(text);
      if (Array.isArray(users)) this.#listen(users.filter((user): user is UserId => typeof user === "string"));
    } catch {
      // Not of this shape: a peer may say what it likes.
    }
  }

  #listen(users: readonly UserId[]): void {
    for (const listener of [...this.#listeners]) {
      // After what runs now. A listener that throws is a fault of its owner, and surfaces as an unhandled rejection.
      void Promise.resolve().then(() => {
        if (this.#listeners.has(listener)) listener(users);
      });
    }
  }

  // ----

  /** One statement in a transaction of its own, which is tried again where it was in another one's way. */
  #write(text: string, values: readonly unknown[]): Promise<readonly UserRow[]> {
    return this.#asked(this.#connections.write((transaction) => transaction.all<UserRow>(text, values)));
  }

  async #asked<Value>(answer: Promise<Value>): Promise<Value> {
    try {
      return await answer;
    } catch (error) {
      throw listenFailure("unable to use presence store", error);
    }
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw new ChatError("closed", "unable to use presence store; it is not open");
  }
}

async function endExpired(transaction: Transaction): Promise<readonly UserRow[]> {
  const expired = await transaction.all<{ readonly node: NodeId }>(LOCK_EXPIRED);
  return transaction.all<UserRow>(END_LEASES, [expired.map(({ node }) => node)]);
}

async function endLease(transaction: Transaction, node: NodeId): Promise<readonly UserRow[]> {
  await transaction.all(LOCK_LEASE, [node]);
  return transaction.all<UserRow>(END_LEASES, [[node]]);
}

/** Gives whose sessions ended with a lease that had run out before. */
async function renew(transaction: Transaction, node: NodeId, ttlMs: number): Promise<readonly UserRow[]> {
  const ended: UserRow[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const [found] = await transaction.all<{ readonly stands: boolean }>(LOCK_LEASE, [node]);
    if (found?.stands === false) ended.push(...(await transaction.all<UserRow>(END_LEASES, [[node]])));
    const leased = await transaction.all(LEASE, [node, ttlMs]);
    if (leased.length > 0) return ended;
  }
  throw new ChatError("unavailable", "unable to lease; others write the same lease", { retryAfterMs: 1_000 });
}
