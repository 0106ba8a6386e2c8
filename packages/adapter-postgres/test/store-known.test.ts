import type { Append, MessageStore } from "@earshot/core";
import type { Pool } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PgClient, type PgPool, type PgQuery, postgresStore } from "../src/index.ts";
import { conversation, message, seqOf } from "./store-scene.ts";
import { newNamespace, storePool } from "./store-under-test.ts";

/** A pool that notes what is asked on it. */
class NotingPool implements PgPool {
  readonly asked: string[] = [];
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async connect(): Promise<PgClient> {
    const client = await this.#pool.connect();
    return {
      query: (query: string | PgQuery) => {
        this.asked.push(typeof query === "string" ? query : query.text);
        return client.query(query as PgQuery);
      },
      release: (error) => client.release(error),
      on: (event, listener) => client.on(event, listener),
      removeListener: (event, listener) => client.removeListener(event, listener),
    };
  }
}

/** Two gateways of one store, of which the first has written alone until now, and knows it. */
describe("PostgreSQL store: appends in one round trip, by what is known", () => {
  const namespace = newNamespace();
  let pool: Pool;
  let noting: NotingPool;
  let here: MessageStore;
  let there: MessageStore;
  const told = message("c1", "bob", "told");

  beforeEach(async () => {
    pool = storePool();
    noting = new NotingPool(pool);
    here = postgresStore(noting, { namespace });
    there = postgresStore(pool, { namespace });
    await here.open();
    await there.open();
    for (const c of ["c1", "c2"]) await here.create(conversation(c));
    await here.append([told, message("c2", "bob", "told")]);
    await here.append([message("c1", "bob", "again"), message("c2", "bob", "again")]);
    noting.asked.length = 0;
  });

  afterEach(async () => {
    await here.close();
    await there.close();
    await pool.query(`DROP SCHEMA "earshot_${namespace}" CASCADE`);
    await pool.end();
  });

  const reads = () => noting.asked.filter((text) => text.includes("FOR NO KEY UPDATE")).length;
  const textsOf = async (c: string) => {
    const page = await here.range({ conversation: c, view: "log", from: "oldest", rows: 99, bytes: 1e6 });
    return page?.rows.filter(({ type }) => type === "message").map(({ seq, body }) => `${seq} ${body?.["text"]}`);
  };

  it("reads nothing before it writes", async () => {
    const results = await here.append([message("c1", "bob", "third"), message("c2", "bob", "third")]);
    expect(results.map(seqOf)).toEqual([4, 4]);
    expect(reads()).toBe(0);
    expect(await textsOf("c1")).toEqual(["2 told", "3 again", "4 third"]);
    expect(await here.row("bob", "c1")).toMatchObject({ head: 4, unread: 0 });
  });

  it("I5: stands behind what another gateway wrote meanwhile, and looks from then on", async () => {
    expect(seqOf((await there.append([message("c1", "alice", "theirs")]))[0])).toBe(4);
    const results = await here.append([message("c1", "bob", "mine"), message("c2", "bob", "mine")]);
    expect(results.map(seqOf)).toEqual([5, 4]);
    expect(await textsOf("c1")).toEqual(["2 told", "3 again", "4 theirs", "5 mine"]);
    expect(reads()).toBeGreaterThan(0);
  });

  it("I4: knows a key that is stored, and stores its neighbours", async () => {
    const results = await here.append([message("c2", "bob", "new"), told, message("c1", "bob", "new")]);
    expect(results.map(({ kind }) => kind)).toEqual(["event", "duplicate", "event"]);
    expect(results.map(seqOf)).toEqual([4, 2, 4]);
    const other = { ...told, key: { id: told.key?.id ?? "", hash: "another" } };
    expect((await here.append([other]))[0]).toMatchObject({ kind: "refused", code: "conflict" });
  });

  it("I17: numbers nothing of who was removed elsewhere", async () => {
    const removal: Append = {
      ...{ conversation: "c1", user: "alice", at: 9_000, type: "member", body: {}, by: ["owner"] },
      ...{ members: [["bob", null]], ifMembersVersion: 1 },
    };
    expect((await there.append([removal]))[0]?.kind).toBe("event");
    expect((await here.append([message("c1", "bob", "late")]))[0]).toEqual({ kind: "refused", code: "not_found" });
    expect((await here.append([message("c2", "bob", "in time")]))[0]?.kind).toBe("event");
  });

  it("keeps nobody waiting with a conversation that somebody else has locked", async () => {
    const own = await pool.connect();
    await own.query("BEGIN");
    await own.query(`SELECT 1 FROM "earshot_${namespace}".heads WHERE id = 'c1' FOR UPDATE`);
    const both = here.append([message("c1", "bob", "1"), message("c2", "bob", "2")]);
    await expect.poll(() => textsOf("c2")).toEqual(["2 told", "3 again", "4 2"]);
    await own.query("COMMIT");
    own.release();
    expect((await both).map(seqOf)).toEqual([4, 4]);
  });
});
