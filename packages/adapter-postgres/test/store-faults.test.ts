import type { MessageStore } from "@earshot/core";
import { TcpProxy } from "@earshot/core/testing";
import type { Pool } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { postgresStore } from "../src/index.ts";
import { postgresUrl } from "./pools.ts";
import { conversation, message, seqOf } from "./store-scene.ts";
import { newNamespace, storePool } from "./store-under-test.ts";

const TIMEOUT_MS = 1_500;

/** A store behind a proxy that spoils the way to the server. */
describe("PostgreSQL store: a way that breaks", () => {
  const namespace = newNamespace();
  let proxy: TcpProxy;
  let pool: Pool;
  let store: MessageStore;

  beforeEach(async () => {
    const server = new URL(postgresUrl());
    proxy = await TcpProxy.to({ port: Number(server.port || 5432), host: server.hostname });
    server.hostname = "127.0.0.1";
    server.port = String(proxy.port);
    pool = storePool({ connectionString: server.href });
    // Tables are made in no such hurry.
    const first = postgresStore(pool, { namespace });
    await first.open();
    await first.close();
    store = postgresStore(pool, { namespace, timeoutMs: TIMEOUT_MS });
    await store.open();
    await store.create(conversation("c1"));
  });

  afterEach(async () => {
    await proxy.heal();
    await store.close();
    await pool.query(`DROP SCHEMA IF EXISTS "earshot_${namespace}" CASCADE`);
    await pool.end();
    await proxy.close();
  });

  const headOf = async () => (await store.access([{ user: "bob", conversation: "c1" }]))[0]?.head;

  it("I4 F48: a commit whose answer is lost is no failure: asked again, it is a duplicate of itself", async () => {
    const entry = message("c1", "alice", "hi");
    proxy.cutAt("down", (chunk) => Buffer.from(chunk).includes("COMMIT"));
    await expect(store.append([entry])).rejects.toMatchObject({
      code: "unavailable",
      retryAfterMs: expect.any(Number),
    });
    const [again] = await store.append([entry]);
    expect([again?.kind, seqOf(again)]).toEqual(["duplicate", 2]);
    expect(await headOf()).toBe(2);
  });

  it("F49: what was cut off before its end was asked for is done all the same, once", async () => {
    proxy.cutAt("up", (chunk) => Buffer.from(chunk).includes("COMMIT") === false);
    expect(seqOf((await store.append([message("c1", "alice", "hi")]))[0])).toBe(2);
    expect(await headOf()).toBe(2);
  });

  it("I24 F13: a server that says nothing any more is given up in time, and used again when it answers", async () => {
    proxy.swallow("up", "down");
    await expect(store.append([message("c1", "alice", "hi")])).rejects.toMatchObject({ code: "unavailable" });
    await expect(store.ping()).rejects.toMatchObject({ code: "unavailable" });
    await proxy.heal();
    await expect
      .poll(
        () =>
          store.ping().then(
            () => true,
            () => false,
          ),
        { timeout: 5_000 },
      )
      .toBe(true);
    expect(seqOf((await store.append([message("c1", "alice", "on")]))[0])).toBe(2);
  });

  it("F43: a server that is away is unavailable, and comes back by itself", async () => {
    proxy.refuse();
    proxy.cut();
    await expect(headOf()).rejects.toMatchObject({ code: "unavailable" });
    await expect(store.append([message("c1", "alice", "hi")])).rejects.toMatchObject({ code: "unavailable" });
    await proxy.accept();
    expect(seqOf((await store.append([message("c1", "alice", "on")]))[0])).toBe(2);
  });

  it("F21: a slow way makes larger batches, and loses and doubles nothing", async () => {
    proxy.delay({ up: 10, down: 10 });
    const sends = Array.from({ length: 60 }, (_, n) => store.append([message("c1", "alice", `${n}`)]));
    const seqs = (await Promise.all(sends)).map(([result]) => seqOf(result));
    expect(seqs).toEqual(Array.from({ length: 60 }, (_, n) => n + 2));
  });
});
