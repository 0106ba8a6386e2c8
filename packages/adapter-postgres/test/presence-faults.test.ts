import { randomUUID } from "node:crypto";
import type { PresenceStore } from "@earshot/core";
import type { Pool } from "pg";
import { afterAll, describe, expect, inject, it } from "vitest";
import { postgresPresence, printPresenceTables } from "../src/index.ts";
import { newPool } from "./pools.ts";
import { until } from "./until.ts";

// At once: most of it is waiting for silence to be noticed.
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const LONG_MS = 600_000;
const newNamespace = () => `t${randomUUID().replaceAll("-", "")}`;
const session = (user: string, name = user) =>
  ({ session: `s-${name}`, user, device: "d1", activity: "active" }) as const;

function pool(url?: string, max?: number): Pool {
  const made = newPool(url, max);
  ends.push(() => made.end());
  return made;
}

async function opened(store: PresenceStore): Promise<PresenceStore> {
  await store.open();
  ends.push(() => store.close());
  return store;
}

/** A namespace whose tables go with the test. */
function kept(admin: Pool): string {
  const namespace = newNamespace();
  ends.push(async () => {
    await admin.query(`DROP SCHEMA IF EXISTS "earshot_${namespace}" CASCADE`);
  });
  return namespace;
}

describe("PostgreSQL presence", () => {
  it.concurrent("makes its tables once, however many gateways start at the same moment", async () => {
    const namespace = kept(pool());
    const stores = Array.from({ length: 10 }, () => postgresPresence(pool(undefined, 2), { namespace }));
    await Promise.all(stores.map((store) => opened(store)));
    const [one] = stores;
    await one?.lease("n1", LONG_MS);
    await one?.put("n1", [session("alice")]);
    const found = await Promise.all(stores.map((store) => store.of(["alice"])));
    expect(found.map(([alice]) => alice?.sessions.length)).toEqual(stores.map(() => 1));
  });

  it.concurrent("needs no right to make tables where they are, and says so where they are not", async () => {
    const admin = pool();
    const namespace = kept(admin);
    const role = `r${newNamespace()}`;
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    ends.push(async () => {
      await admin.query(`DROP OWNED BY ${role}`);
      await admin.query(`DROP ROLE ${role}`);
    });
    const url = new URL(inject("postgresUrl"));
    url.username = role;
    url.password = "secret";
    await expect(postgresPresence(pool(url.href), { namespace }).open()).rejects.toMatchObject({ code: "forbidden" });
    await admin.query(printPresenceTables({ namespace }));
    const schema = `"earshot_${namespace}"`;
    await admin.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
    await admin.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
    const store = await opened(postgresPresence(pool(url.href), { namespace }));
    await store.lease("n1", LONG_MS);
    await store.put("n1", [session("alice")]);
  });

  it.concurrent("I21: of a put and the end of its lease, whichever is first, no session stays behind", async () => {
    const admin = pool();
    const namespace = kept(admin);
    const [one, two] = [
      await opened(postgresPresence(pool(), { namespace })),
      await opened(postgresPresence(pool(), { namespace })),
    ];
    for (let round = 0; round < 30; round++) {
      await one.lease("n1", LONG_MS);
      const users = Array.from({ length: 20 }, (_, at) => session("alice", `${round}-${at}`));
      const put = one.put("n1", users).catch((error: { readonly code: string }) => expect(error.code).toBe("conflict"));
      await Promise.all([put, two.lease("n1", 0)]);
      await one.lease("n1", LONG_MS);
      expect((await two.of(["alice"]))[0]?.sessions).toEqual([]);
      await two.lease("n1", 0);
    }
  });

  it.concurrent("nodes that put and remove the same users at once do not stand in each other's way", async () => {
    const admin = pool();
    const namespace = kept(admin);
    const stores = await Promise.all([1, 2, 3].map(() => opened(postgresPresence(pool(), { namespace }))));
    const users = Array.from({ length: 200 }, (_, at) => `u${at}`);
    await Promise.all(
      stores.map(async (store, at) => {
        const node = `n${at}`;
        await store.lease(node, LONG_MS);
        const mine = at === 1 ? [...users].reverse() : users;
        for (let round = 0; round < 5; round++) {
          await store.put(
            node,
            mine.map((user) => session(user, `${node}-${user}`)),
          );
          await store.remove(
            node,
            mine.map((user) => ({ session: `s-${node}-${user}`, quietMs: 0 })),
          );
        }
      }),
    );
    const found = await stores[0]?.of(users);
    expect(found?.every(({ sessions, seen }) => sessions.length === 0 && seen !== null)).toBe(true);
  });

  it.concurrent("goes on telling after its connection was ended", async () => {
    const admin = pool();
    const namespace = kept(admin);
    const one = await opened(postgresPresence(pool(), { namespace }));
    const two = await opened(postgresPresence(pool(), { namespace }));
    await one.lease("n1", LONG_MS);
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [
      `earshot_${namespace}_presence`,
    ]);
    const told = new Set<string>();
    two.onChange((users) => {
      for (const user of users) told.add(user);
    });
    let n = 0;
    await until(async () => {
      await one.put("n1", [session("alice", String(n++))]);
      return told.has("alice");
    }, 10_000);
  });
});
