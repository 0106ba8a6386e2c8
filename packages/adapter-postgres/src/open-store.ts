import type { Append, AppendResult } from "@earshot/core";
import { ChatError, type Durability } from "@earshot/protocol";
import { appendBatch } from "./append-batch.ts";
import { appendKnown } from "./append-known.ts";
import { AppendLanes } from "./append-lanes.ts";
import { Barrier } from "./barrier.ts";
import { checkServer, openingFailure, requireDurability } from "./check-server.ts";
import { Connections } from "./connections.ts";
import { failureOf } from "./failure.ts";
import type { Horizon } from "./feed-mark.ts";
import { KnownHeads } from "./known-heads.ts";
import { migrate } from "./migrate.ts";
import type { PgPool } from "./pg-pool.ts";
import { Purge } from "./purge.ts";
import { readHorizon } from "./read-horizon.ts";
import { schemaOf } from "./schema-of.ts";
import { Statements } from "./statements.ts";
import { checkLife } from "./store-life.ts";
import type { PostgresStoreOptions } from "./store-options.ts";

/** What is written without a look waits so long for who has it locked, before it is found out who that is. */
const WAIT_AT_ONCE_MS = 50;
/** Conversations that somebody else has locked wait apart, so many at once; each takes a connection. */
const APART_MAX = 4;
/** `pg.Pool`'s own, where it says none. */
const POOL_MAX = 10;

/** A store from `open` to `close`. */
export class OpenStore {
  readonly connections: Connections;
  readonly barrier: Barrier;
  readonly lanes: AppendLanes;
  readonly purge: Purge;
  durability: Durability = "process";
  readonly #known = new KnownHeads();
  /** Of who finds out whose server answers; they ask any. */
  readonly #checks: Connections;
  readonly #schema: string;
  readonly #options: PostgresStoreOptions;
  readonly #poolMax: number;
  readonly #calls = new Set<Promise<unknown>>();
  #state: "new" | "opening" | "open" | "closed" = "new";
  #closing: Promise<void> | null = null;
  /** While it is found out whose server has answered since a connection was lost; null: it is known. */
  #checking: Promise<void> | null = null;
  #isSure = true;

  constructor(pool: PgPool, options: PostgresStoreOptions) {
    this.#options = options;
    this.#poolMax = pool.options?.max ?? POOL_MAX;
    this.#schema = schemaOf(options.namespace);
    this.barrier = new Barrier(this.#schema);
    const statements = new Statements(this.#schema, options.namedStatements !== false);
    const onLost = () => {
      this.#isSure = false;
    };
    const { timeoutMs } = options;
    const within = timeoutMs === undefined ? {} : { timeoutMs };
    this.connections = new Connections(pool, statements, { onLost, ...within });
    this.#checks = new Connections(pool, statements, { onLost, ...within });
    this.purge = new Purge(this.connections);
    const { lanes = 1 } = options;
    const apart = Math.max(0, Math.min(APART_MAX, this.#poolMax - lanes - 1));
    this.lanes = new AppendLanes((entries, wait) => this.#append(entries, wait), lanes, apart);
  }

  async #append(entries: readonly Append[], wait: boolean): Promise<readonly (AppendResult | null)[]> {
    const { connections, barrier } = this;
    const atOnce = `${barrier.shared}; SET LOCAL lock_timeout = ${WAIT_AT_ONCE_MS}`;
    const written = await appendKnown(this.#known, entries, (commands) =>
      connections.change(atOnce, (transaction) => transaction.commit(...commands)),
    );
    if (written !== null) return written;
    return connections.change(barrier.shared, (transaction) => appendBatch(transaction, entries, wait, this.#known));
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open store; it was opened before");
    this.#state = "opening";
    try {
      this.#requirePool();
      const durability = await checkServer(this.#checks);
      requireDurability(durability, this.#options.durability);
      await migrate(this.#checks, this.#schema);
      this.connections.expect(await checkLife(this.#checks, this.barrier, durability));
      this.durability = durability;
    } catch (error) {
      if (this.#isClosed()) throw closed();
      this.#state = "new";
      throw failureOf(openingFailure(error));
    }
    if (this.#isClosed()) throw closed();
    this.#state = "open";
    this.purge.start();
  }

  close(): Promise<void> {
    this.#state = "closed";
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  /** Throws `closed`. */
  requireOpen(): void {
    if (this.#state !== "open") throw closed();
  }

  /** Runs one call of the port; rejects as that promises. */
  async call<Value>(run: (store: OpenStore) => Promise<Value>): Promise<Value> {
    this.requireOpen();
    const isSure = this.#isSure && this.#checking === null;
    const called = isSure ? run(this) : this.#check().then(() => run(this));
    this.#calls.add(called);
    try {
      return await called;
    } catch (error) {
      throw failureOf(error);
    } finally {
      this.#calls.delete(called);
    }
  }

  horizon(): Promise<Horizon> {
    return readHorizon(this.connections, this.barrier);
  }

  /** Another server may have taken over, or this one may have been put back. */
  #check(): Promise<void> {
    this.#checking ??= this.#checkOnce().finally(() => {
      this.#checking = null;
    });
    return this.#checking;
  }

  async #checkOnce(): Promise<void> {
    // Before it is asked: what is lost meanwhile asks again.
    this.#isSure = true;
    try {
      const durability = await checkServer(this.#checks);
      requireDurability(durability, this.#options.durability);
      // By what was promised for what it may lack.
      this.connections.expect(await checkLife(this.#checks, this.barrier, this.durability));
      this.durability = durability;
    } catch (error) {
      this.#isSure = false;
      throw error;
    }
  }

  #requirePool(): void {
    const { lanes = 1 } = this.#options;
    if (this.#poolMax > lanes) return;
    throw new ChatError(
      "invalid",
      `unable to open store; its pool has ${this.#poolMax} connections at most and its lanes take ${lanes}: give it ${lanes + 1} or more`,
    );
  }

  async #stop(): Promise<void> {
    while (this.#calls.size > 0) await Promise.allSettled([...this.#calls]);
    await this.purge.stop();
    await this.connections.idle();
    await this.#checks.idle();
  }

  /** A method, because the state may have changed during an await. */
  #isClosed(): boolean {
    return this.#state === "closed";
  }
}

function closed(): ChatError {
  return new ChatError("closed", "unable to use store; it is not open");
}
