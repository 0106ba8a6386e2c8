import { setTimeout as sleep } from "node:timers/promises";
import type { Append, MessageStore } from "@earshot/core";
import { TcpProxy } from "@earshot/core/testing";
import { Pool } from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { type PostgresSettings, startPostgres, startPostgresStandby } from "../../../scripts/servers/start-postgres.ts";
import type { StartedServer } from "../../../scripts/servers/started-server.ts";
import { postgresStore } from "../src/index.ts";
import { conversation, message } from "./store-scene.ts";
import { until } from "./until.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A primary and its standby, which follows it through a proxy. */
async function pair(settings: PostgresSettings = {}) {
  const primary = await startPostgres(settings);
  ends.push(() => primary.stop());
  const way = await TcpProxy.to({ port: primary.port });
  ends.push(() => way.close());
  const standby = await startPostgresStandby(way.port);
  // Killed first: nobody needs what it would write down before its end.
  ends.push(() => standby.kill().then(() => standby.stop()));
  return { primary, way, standby };
}

/** A pool to a server that another one may take over from: its address then leads there, as a name or a proxy of the host's would. */
function movingPool(to: StartedServer): { readonly pool: Pool; move(to: StartedServer): void } {
  const { hostname: host, username: user, password } = new URL(to.url);
  const pool = new Pool({ host, user, password, port: to.port, database: "postgres", pipeline: true });
  pool.on("error", () => {});
  ends.push(() => pool.end());
  return {
    pool,
    move: ({ port }) => {
      pool.options.port = port;
    },
  };
}

async function opened(pool: Pool): Promise<MessageStore> {
  const store = postgresStore(pool);
  ends.push(() => store.close());
  await store.open();
  return store;
}

async function ask<Row>(server: StartedServer, sql: string): Promise<Row> {
  const pool = new Pool({ connectionString: server.url, max: 1 });
  pool.on("error", () => {});
  try {
    return (await pool.query(sql)).rows[0];
  } finally {
    await pool.end();
  }
}

/** Until the standby has all that the primary has written. */
async function inStep(primary: StartedServer, standby: StartedServer): Promise<void> {
  const { at } = await ask<{ readonly at: string }>(primary, "SELECT pg_current_wal_flush_lsn() AS at");
  const SQL = `SELECT pg_last_wal_replay_lsn() >= '${at}' AS yes`;
  await until(async () => (await ask<{ readonly yes: boolean }>(standby, SQL)).yes, 10_000);
}

/** The primary is gone for good, and its standby takes its place. */
async function takeOver(primary: StartedServer, standby: StartedServer): Promise<void> {
  await primary.kill();
  await ask(standby, "SELECT pg_promote(true, 20)");
}

/** As the engine and its clients do: again, until it is known. */
async function asked<Answer>(ask: () => Promise<readonly Answer[]>): Promise<Answer | undefined> {
  for (const end = performance.now() + 10_000; ; ) {
    try {
      return (await ask())[0];
    } catch (error) {
      if (performance.now() > end) throw error;
      expect(error).toMatchObject({ code: "unavailable" });
      await sleep(20);
    }
  }
}

const append = (store: MessageStore, entry: Append) => asked(() => store.append([entry]));
const accessOf = (store: MessageStore) => asked(() => store.access([{ user: "bob", conversation: "c1" }]));

describe("PostgreSQL store: a standby that takes over", { timeout: 60_000 }, () => {
  it("I6 I12 I19 F50: is refused until it is promoted; one that lacks the end begins another life, in which everything is numbered once", async () => {
    const { primary, way, standby } = await pair();
    const address = movingPool(primary);
    const [one, two] = [await opened(address.pool), await opened(address.pool)];
    expect(one.durability).toBe("fsync");
    await one.create(conversation("c1"));
    const [kept, lost, later] = ["kept", "lost", "later"].map((text) => message("c1", "alice", text));
    if (kept === undefined || lost === undefined || later === undefined) return;
    expect(await append(one, kept)).toMatchObject({ kind: "event", epoch: "e1", row: { seq: 2 } });
    await expect(opened(movingPool(standby).pool)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("standby"),
    });
    await inStep(primary, standby);
    way.cut();
    way.refuse();
    expect(await append(one, lost)).toMatchObject({ kind: "event", epoch: "e1", row: { seq: 3 } });
    const mark = await two.feedEnd();
    await takeOver(primary, standby);
    address.move(standby);
    expect(await append(one, later)).toMatchObject({ kind: "event", epoch: "e1~1", row: { seq: 3 } });
    for (const store of [one, two]) expect(await accessOf(store)).toMatchObject({ epoch: "e1~1", head: 3 });
    // What clients send again: there once, each.
    expect(await append(two, kept)).toMatchObject({ kind: "duplicate", seq: 2 });
    expect(await append(two, lost)).toMatchObject({ kind: "event", epoch: "e1~1", row: { seq: 4 } });
    expect(await append(one, lost)).toMatchObject({ kind: "duplicate", seq: 4 });
    await expect(two.feed(mark, 10, 1e6)).rejects.toMatchObject({ code: "invalid" });
  });

  it("I1 I19: one that commits waited for lacks nothing, and everything goes on", async () => {
    const { primary, standby } = await pair();
    await ask(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await ask(primary, "SELECT pg_reload_conf()");
    const SYNC = "SELECT count(*)::int AS n FROM pg_stat_replication WHERE sync_state = 'sync'";
    await until(async () => (await ask<{ readonly n: number }>(primary, SYNC)).n === 1, 10_000);
    const address = movingPool(primary);
    const store = await opened(address.pool);
    expect(store.durability).toBe("replicated");
    await store.create(conversation("c1"));
    const sent = Array.from({ length: 20 }, (_, n) => message("c1", "alice", `${n}`));
    await Promise.all(sent.map((entry) => store.append([entry])));
    const mark = await store.feedEnd();
    await takeOver(primary, standby);
    address.move(standby);
    const next = await append(store, message("c1", "alice", "on"));
    expect(next).toMatchObject({ kind: "event", epoch: "e1", row: { seq: 22 } });
    const again = await store.append(sent);
    expect(new Set(again.map(({ kind }) => kind))).toEqual(new Set(["duplicate"]));
    expect((await store.feed(mark, 10, 1e6)).items).toMatchObject([{ row: { seq: 22 } }]);
    // Nobody follows the new one: it promises what it can keep by itself.
    expect(store.durability).toBe("fsync");
  });
});
