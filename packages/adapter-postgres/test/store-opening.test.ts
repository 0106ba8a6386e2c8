import type { MessageStore } from "@earshot/core";
import { isChatError } from "@earshot/protocol";
import { Pool } from "pg";
import { afterAll, describe, expect, it } from "vitest";
import {
  type PgPool,
  type PgQuery,
  type PostgresStoreOptions,
  postgresPresence,
  postgresStore,
  printMigrations,
} from "../src/index.ts";
import { postgresUrl } from "./pools.ts";
import { conversation, feedOf, message } from "./store-scene.ts";
import { newNamespace, storePool } from "./store-under-test.ts";

const pool = storePool({ max: 20 });
const made: string[] = [];

function namespaceOf(): string {
  const namespace = newNamespace();
  made.push(namespace);
  return namespace;
}

/** The code and the sentence that an opening is refused with. */
async function refusalOf(of: Pool, options: PostgresStoreOptions = {}): Promise<readonly [string, string]> {
  const store = postgresStore(of, { namespace: namespaceOf(), ...options });
  try {
    await store.open();
  } catch (error) {
    if (!isChatError(error)) throw error;
    return [error.code, error.message];
  } finally {
    await store.close();
    if (of !== pool) await of.end();
  }
  return ["opened", ""];
}

describe("PostgreSQL store: opening", () => {
  afterAll(async () => {
    for (const namespace of made) await pool.query(`DROP SCHEMA IF EXISTS "earshot_${namespace}" CASCADE`);
    await pool.end();
  });

  it("makes its tables once, also where twelve gateways start at the same moment", async () => {
    const namespace = namespaceOf();
    const stores = Array.from({ length: 12 }, () => postgresStore(pool, { namespace }));
    await Promise.all(stores.map((store) => store.open()));
    await stores[0]?.create(conversation("c1"));
    const results = await Promise.all(stores.map((store) => store.append([message("c1", "alice", "hi")])));
    expect(results.flat().map(({ kind }) => kind)).toEqual(stores.map(() => "event"));
    for (const store of stores) await store.close();
    const { rows } = await pool.query(`SELECT version FROM "earshot_${namespace}".migrations`);
    expect(rows).toEqual([{ version: 1 }, { version: 2 }]);
  });

  it("takes the tables that a DBA has made of what is printed, and needs no right to make any", async () => {
    const namespace = namespaceOf();
    await pool.query(printMigrations({ namespace }));
    await pool.query(`DROP ROLE IF EXISTS ${namespace}; CREATE ROLE ${namespace} LOGIN PASSWORD 'p';
      GRANT USAGE ON SCHEMA "earshot_${namespace}" TO ${namespace};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "earshot_${namespace}" TO ${namespace}`);
    const own = storePool({ connectionString: withUser(namespace, "p") });
    const store = postgresStore(own, { namespace });
    const presence = postgresPresence(own, { namespace });
    try {
      await store.open();
      await presence.open();
      await presence.lease("n1", 60_000);
      await pool.query(printMigrations({ namespace, from: 2 }));
      await store.create(conversation("c1"));
      await store.append([message("c1", "alice", "hi")]);
      expect((await feedOf(store, null))[0]).toEqual(["c1 1", "c1 2"]);
      expect(await refusalOf(storePool({ connectionString: withUser(namespace, "p") }))).toEqual([
        "forbidden",
        expect.stringContaining("printMigrations()"),
      ]);
    } finally {
      await presence.close();
      await store.close();
      await own.end();
      await pool.query(`DROP OWNED BY ${namespace}; DROP ROLE ${namespace}`);
    }
  });

  it("refuses a newer schema with invalid, and may be called again", async () => {
    const namespace = namespaceOf();
    await pool.query(printMigrations({ namespace }));
    await pool.query(`INSERT INTO "earshot_${namespace}".migrations (version) VALUES (99)`);
    const store = postgresStore(pool, { namespace });
    await expect(store.open()).rejects.toMatchObject({ code: "invalid", message: expect.stringContaining("99") });
    await pool.query(`DELETE FROM "earshot_${namespace}".migrations WHERE version = 99`);
    await store.open();
    await store.close();
  });

  it("says where no server answers, and that a database is missing", async () => {
    expect(await refusalOf(new Pool({ connectionString: "postgres://x@127.0.0.1:1/x" }))).toEqual([
      "unavailable",
      expect.stringContaining("ECONNREFUSED"),
    ]);
    const url = new URL(postgresUrl());
    url.pathname = "/not_there";
    expect(await refusalOf(new Pool({ connectionString: url.href }))).toEqual([
      "invalid",
      expect.stringContaining("database"),
    ]);
  });

  it("says that a user is refused, or the password", async () => {
    for (const user of ["nobody_at_all", new URL(postgresUrl()).username]) {
      const [code, message] = await refusalOf(new Pool({ connectionString: withUser(user, "wrong") }));
      expect([code, message.includes("password"), message.includes("wrong")]).toEqual(["unauthenticated", true, false]);
    }
  });

  it("refuses a server that is too old, and a database that cannot hold every text", async () => {
    // As an older one would answer.
    const older: PgPool = {
      connect: async () => {
        const client = await pool.connect();
        const query = async (asked: string | PgQuery) => {
          const result = await client.query(asked as PgQuery);
          const rows = result.rows?.map((row) => ("version" in row ? { ...row, version: 140_019 } : row));
          return { ...result, rows };
        };
        return { query, release: (error) => client.release(error) };
      },
    };
    const store = postgresStore(older, { namespace: namespaceOf() });
    await expect(store.open()).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/^unable to open store; .*PostgreSQL 14.* 15 or newer: [^\n]+$/),
    });
    await store.close();
    const latin = `latin_${namespaceOf()}`;
    await pool.query(`CREATE DATABASE ${latin} ENCODING LATIN1 LOCALE 'C' TEMPLATE template0`);
    const url = new URL(postgresUrl());
    url.pathname = `/${latin}`;
    const refused = await refusalOf(new Pool({ connectionString: url.href }));
    expect(refused).toEqual(["invalid", expect.stringContaining("LATIN1")]);
    await pool.query(`DROP DATABASE ${latin} WITH (FORCE)`);
  });

  it("refuses a pool that its lanes take up", async () => {
    expect(await refusalOf(storePool({ max: 1 }))).toEqual(["invalid", expect.stringContaining("give it 2 or more")]);
    expect((await refusalOf(storePool({ max: 2 }), { lanes: 2 }))[0]).toBe("invalid");
  });

  it("reads durability from the settings, and refuses less than is asked for", async () => {
    const unsynced = { options: "-c synchronous_commit=off" };
    expect(await refusalOf(storePool(unsynced), { durability: "fsync" })).toEqual([
      "invalid",
      expect.stringContaining("synchronous_commit"),
    ]);
    expect((await refusalOf(pool, { durability: "replicated" }))[0]).toBe("invalid");
    expect((await refusalOf(pool, { durability: "fsync" }))[0]).toBe("opened");
    const store = postgresStore(storePool(unsynced), { namespace: namespaceOf() });
    await store.open();
    expect(store.durability).toBe("process");
    await store.close();
  });

  it("refuses what is no namespace", () => {
    for (const namespace of ["", "Upper", "1st", 'a"b', "a-b", "x".repeat(56)]) {
      expect(() => postgresStore(pool, { namespace }), namespace).toThrow(expect.objectContaining({ code: "invalid" }));
    }
  });

  it("I6 I19 F50: a store that was put back, or taken over by a server that may lack the end, is in another life", async () => {
    const namespace = namespaceOf();
    const open = async (): Promise<MessageStore> => {
      const store = postgresStore(pool, { namespace });
      await store.open();
      return store;
    };
    const before = await open();
    await before.create(conversation("c1"));
    const [result] = await before.append([message("c1", "alice", "hi")]);
    const mark = await before.feedEnd();
    const { cursor } = await before.inbox("bob", null, 10);
    await before.close();
    // The server's timeline, as it would be on a promoted standby.
    await pool.query(`UPDATE "earshot_${namespace}".store SET cluster = split_part(cluster, '/', 1) || '/00000000'`);
    const after = await open();
    const [access] = await after.access([{ user: "bob", conversation: "c1" }]);
    expect(result?.kind === "event" && result.epoch).toBe("e1");
    expect([access?.epoch, access?.head]).toEqual(["e1~1", 2]);
    await expect(after.feed(mark, 10, 1e6)).rejects.toMatchObject({ code: "invalid" });
    expect((await after.inbox("bob", cursor, 10)).reset).toBe(true);
    // What was raised in the life before raises nothing in this one; what is made now is in its own first life.
    expect((await after.raise([{ user: "bob", conversation: "c1", epoch: "e1", read: 2 }]))[0]?.read).toBe(1);
    await after.create(conversation("c2"));
    expect((await after.access([{ user: "bob", conversation: "c2" }]))[0]?.epoch).toBe("e1");
    const [next] = await after.append([message("c1", "alice", "on")]);
    expect(next?.kind === "event" && [next.row.seq, next.epoch]).toEqual([3, "e1~1"]);
    await after.close();
    const again = await open();
    expect((await again.access([{ user: "bob", conversation: "c1" }]))[0]?.epoch).toBe("e1~1");
    await again.close();
  });

  it("numbers on where the numbers of transactions begin anew, as in the cluster that a dump was restored in", async () => {
    const namespace = namespaceOf();
    const store = postgresStore(pool, { namespace });
    await store.open();
    await store.create(conversation("c1"));
    await store.close();
    const far = 2 ** 40;
    const schema = `"earshot_${namespace}"`;
    await pool.query(`UPDATE ${schema}.store SET cluster = 'another/00000001'; UPDATE ${schema}.feed SET change = ${far};
      UPDATE ${schema}.heads SET change = ${far}; UPDATE ${schema}.members SET change = ${far}`);
    const again = postgresStore(pool, { namespace });
    await again.open();
    const [, mark] = await feedOf(again, null);
    await again.append([message("c1", "alice", "on")]);
    expect((await feedOf(again, mark))[0]).toEqual(["c1 2"]);
    await again.close();
  });
});

function withUser(user: string, password: string): string {
  const url = new URL(postgresUrl());
  url.username = user;
  url.password = password;
  return url.href;
}
