import type { Append } from "@earshot/core";
import type { Pool } from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { postgresStore } from "../src/index.ts";
import { conversation, feedOf, message, seqOf } from "./store-scene.ts";
import { newNamespace, storePool } from "./store-under-test.ts";

/** A row or two, whatever the store holds. */
const SMALL = ["store", "migrations", "settings", "positions", "leases", "purges"];

describe("PostgreSQL store: plans", () => {
  const namespace = newNamespace();
  const admin = storePool({ max: 1 });

  afterAll(async () => {
    await admin.query(`DROP SCHEMA "earshot_${namespace}" CASCADE`);
    await admin.end();
  });

  /** Tables that were looked through, and how often. Connections tell when they end. */
  const lookedThrough = async (): Promise<Readonly<Record<string, number>>> => {
    const { rows } = await admin.query<{ relname: string; seq_scan: string }>(
      "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE schemaname = $1 AND seq_scan > 0",
      [`earshot_${namespace}`],
    );
    const told = rows.filter(({ relname }) => !SMALL.includes(relname));
    return Object.fromEntries(told.map(({ relname, seq_scan: count }) => [relname, Number(count)]));
  };
  const withPool = async (run: (pool: Pool) => Promise<void>) => {
    const pool = storePool();
    await run(pool);
    await pool.end();
    // The last connection tells of itself as it goes.
    await expect
      .poll(async () => {
        const { rows } = await admin.query(
          "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()",
          [namespace],
        );
        return rows.length;
      })
      .toBe(0);
  };

  it("find everything by an index, also while the tables are empty and nobody knows how full they will be", async () => {
    await withPool(async (pool) => {
      const store = postgresStore(pool, { namespace });
      await store.open();
      await store.close();
    });
    const before = await lookedThrough();
    await withPool(async (pool) => {
      const store = postgresStore(pool, { namespace });
      await store.open();
      const start = await store.feedEnd();
      for (const c of ["c1", "c2", "c3"]) await store.create(conversation(c));
      const [first] = await store.append([message("c1", "alice", "one"), message("c2", "bob", "two")]);
      const re = seqOf(first);
      const more: readonly Partial<Append>[] = [
        { re, mentions: ["bob"], slot: "s", expect: 0 },
        { type: "react", re, reaction: { key: "👍", on: true } },
        { type: "edit", re, body: { text: "one again" } },
        { mentions: "all" },
        { members: [["carol", "member"]], ifMembersVersion: 1, bans: [["mallory", true]] },
        { settings: { title: "t" }, ifSettingsVersion: 1 },
        { type: "delete", re },
      ];
      for (const each of more) {
        const [result] = await store.append([{ ...message("c1", "alice", "more"), ...each }]);
        expect(result?.kind).toBe("event");
      }
      await store.raise([{ user: "bob", conversation: "c1", read: 3 }]);
      await store.put("bob", "c1", { mute: true });
      await store.ban("c1", "eve", true);
      await store.block("alice", "eve", true);
      await store.blocked("alice", ["eve"]);
      await store.access([{ user: "bob", conversation: "c1" }]);
      await store.members("c1", null, 10);
      await store.receipts("c1", 2, null, 10);
      await store.tally("c1", 10);
      const { cursor } = await store.inbox("bob", null, 10);
      await store.inbox("bob", cursor, 10);
      await store.row("bob", "c1");
      for (const view of ["log", "present"] as const) {
        for (const from of ["oldest", "newest"] as const) {
          await store.range({ conversation: "c1", view, from, reader: "bob", rows: 10, bytes: 1e6 });
          await store.range({ conversation: "c1", view, from, re, rows: 10, bytes: 1e6 });
        }
      }
      await feedOf(store, null);
      await store.changes(start, 10);
      await store.conversations(null, 10);
      await store.memberships("bob", null, 10);
      await store.expire("c1", { before: 5_000, messages: 2 }, 3);
      await store.erase("alice", "c1");
      await store.erase("alice", null);
      await store.revocations(await store.revoke("alice", 1_000), 10);
      await store.remove("c3", null, []);
      await store.close();
    });
    expect(await lookedThrough()).toEqual(before);
  });
});
