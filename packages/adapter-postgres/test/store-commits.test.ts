import type { MessageStore } from "@earshot/core";
import type { Pool } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { postgresStore } from "../src/index.ts";
import { conversation, feedOf, GatedPool, message, seqOf } from "./store-scene.ts";
import { newNamespace, storePool } from "./store-under-test.ts";

/** Two gateways of one store; the transactions of the first stop before their end when they are told to. */
describe("PostgreSQL store: transactions that end in another order than they began", () => {
  const namespace = newNamespace();
  let pool: Pool;
  let gate: GatedPool;
  let slow: MessageStore;
  let quick: MessageStore;

  beforeEach(async () => {
    pool = storePool();
    gate = new GatedPool(pool);
    slow = postgresStore(gate, { namespace });
    quick = postgresStore(pool, { namespace });
    await Promise.all([slow.open(), quick.open()]);
    for (const c of ["c1", "c2"]) await quick.create(conversation(c));
  });

  afterEach(async () => {
    gate.open();
    await slow.close();
    await quick.close();
    await pool.query(`DROP SCHEMA "earshot_${namespace}" CASCADE`);
    await pool.end();
  });

  it("I9: a feed that is read between them skips nothing, and repeats nothing once both have ended", async () => {
    const [, start] = await feedOf(quick, null);
    const stopped = gate.close();
    const late = slow.append([message("c1", "alice", "begun first")]);
    await stopped;
    await quick.append([message("c2", "alice", "ended first")]);
    const [seen, between] = await feedOf(quick, start);
    expect(seen).toEqual(["c2 2"]);
    gate.open();
    expect(seqOf((await late)[0])).toBe(2);
    const [after, end] = await feedOf(quick, between);
    expect(after).toContain("c1 2");
    expect((await feedOf(quick, end))[0]).toEqual([]);
  });

  it("I9 I12: changes that are read between them skip nothing", async () => {
    const start = await quick.feedEnd();
    const stopped = gate.close();
    const late = slow.append([message("c1", "alice", "begun first")]);
    await stopped;
    await quick.append([message("c2", "alice", "ended first")]);
    const between = await quick.changes(start, 10);
    expect(between.changes.map((each) => each.conversation)).toEqual(["c2"]);
    gate.open();
    await late;
    const after = await quick.changes(between.mark, 10);
    expect(after.changes.map((each) => each.conversation)).toContain("c1");
    expect((await quick.changes(after.mark, 10)).changes).toEqual([]);
  });

  it("I9: an inbox that is read between them skips no row, also of what is this user's alone", async () => {
    const { cursor: start } = await quick.inbox("bob", null, 10);
    const stopped = gate.close();
    const late = slow.put("bob", "c1", { mute: true });
    await stopped;
    await quick.append([message("c2", "alice", "ended first")]);
    const between = await quick.inbox("bob", start, 10);
    expect(between.rows.map(({ c }) => c)).toEqual(["c2"]);
    gate.open();
    await late;
    const after = await quick.inbox("bob", between.cursor, 10);
    expect(after.rows.map(({ c }) => c)).toContain("c1");
    expect((await quick.inbox("bob", after.cursor, 10)).rows).toEqual([]);
  });

  it("I5: one that began earlier and writes later in the same log stands behind it in the feed", async () => {
    // Its number is taken with the first head it locks, c1; by then it has not come to c2.
    const own = await pool.connect();
    const start = await quick.feedEnd();
    await own.query("BEGIN");
    await own.query(`SELECT 1 FROM "earshot_${namespace}".heads WHERE id = 'c2' FOR UPDATE`);
    const both = slow.append([message("c1", "alice", "1"), message("c2", "alice", "2")]);
    await expect.poll(async () => (await feedOf(quick, start))[0]).toEqual(["c1 2"]);
    const third = quick.append([message("c1", "alice", "3")]);
    expect(seqOf((await third)[0])).toBe(3);
    await own.query("COMMIT");
    own.release();
    expect((await both).map(seqOf)).toEqual([2, 2]);
    const [names] = await feedOf(quick, start);
    expect(names.filter((name) => name.startsWith("c1"))).toEqual(["c1 2", "c1 3"]);
  });

  it("a conversation that somebody has locked keeps no other one waiting, and is answered when it is free", async () => {
    const stopped = gate.close();
    const holding = slow.append([message("c1", "alice", "held")]);
    await stopped;
    let answered = false;
    const both = quick.append([message("c1", "bob", "waits"), message("c2", "bob", "goes on")]).then((results) => {
      answered = true;
      return results;
    });
    await expect.poll(async () => (await quick.access([{ user: "bob", conversation: "c2" }]))[0]?.head).toBe(2);
    // Others are answered meanwhile.
    expect(seqOf((await quick.append([message("c2", "alice", "too")]))[0])).toBe(3);
    expect(answered).toBe(false);
    gate.open();
    expect(seqOf((await holding)[0])).toBe(2);
    expect((await both).map(seqOf)).toEqual([3, 2]);
  });

  it("a long transaction of somebody else holds no mark back", async () => {
    const own = await pool.connect();
    await own.query("BEGIN; SELECT pg_current_xact_id()");
    await quick.append([message("c1", "alice", "hi")]);
    const [, end] = await feedOf(quick, null);
    await quick.append([message("c1", "alice", "again")]);
    expect((await feedOf(quick, end))[0]).toEqual(["c1 3"]);
    await own.query("COMMIT");
    own.release();
  });

  it("I4 F43: appends whose connection is killed are there once, after they were asked again under their keys", async () => {
    const entries = Array.from({ length: 200 }, (_, n) => message(n % 2 ? "c1" : "c2", "alice", `${n}`));
    const killer = storePool({ max: 1 });
    let sending = true;
    const send = async (entry: (typeof entries)[number]): Promise<number> => {
      for (;;) {
        const [result] = await quick.append([entry]).catch((error: { readonly code?: unknown }) => {
          expect(error.code).toBe("unavailable");
          return [];
        });
        if (result !== undefined) return seqOf(result);
      }
    };
    const kill = async () => {
      while (sending) {
        await killer.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE pid <> pg_backend_pid() AND query LIKE '%earshot_${namespace}%' AND state <> 'idle'`,
        );
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    };
    const killing = kill();
    const seqs: number[] = [];
    for (let n = 0; n < entries.length; n += 20) seqs.push(...(await Promise.all(entries.slice(n, n + 20).map(send))));
    sending = false;
    await killing;
    await killer.end();
    for (const [odd, c] of [[0, "c2"] as const, [1, "c1"] as const]) {
      const own = seqs.filter((_, n) => n % 2 === odd).sort((a, b) => a - b);
      expect(own).toEqual(Array.from({ length: 100 }, (_, n) => n + 2));
      expect((await quick.access([{ user: "bob", conversation: c }]))[0]?.head).toBe(101);
    }
  });

  it("one call that cannot be written does not take its neighbours with it", async () => {
    const bad = { ...message("c1", "alice", "no"), slot: "\u0000" };
    const calls = [message("c1", "alice", "one"), bad, message("c1", "alice", "two")].map((entry) =>
      quick.append([entry]),
    );
    const settled = await Promise.allSettled(calls);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await quick.access([{ user: "bob", conversation: "c1" }]))[0]?.head).toBe(3);
  });
});
