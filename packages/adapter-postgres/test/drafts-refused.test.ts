import { type ChatError, type RefusedDraft, refuse } from "@earshot/core";
import { createTestChat } from "@earshot/core/testing";
import { Pool } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { postgresStore } from "../src/index.ts";
import { type DraftScene, draftScene, IDLE, textsIn } from "./draft-scene.ts";
import { type StartedBouncer, startBouncer } from "./pg-bouncer.ts";
import { postgresUrl } from "./pools.ts";
import { newNamespace } from "./store-under-test.ts";
import { until } from "./until.ts";

const WITHIN_MS = 20_000;

describe("PostgreSQL store: messages in transactions of the host's that meet with something", () => {
  let scene: DraftScene;

  beforeEach(async () => {
    scene = await draftScene();
  });
  afterEach(() => scene.close());

  it("are refused at once for what can be said at once, and nothing is stored", async () => {
    const { chat } = await scene.gateway({ limits: IDLE, authorize: ({ user }) => user !== "carl" });
    await chat
      .as("alice")
      .conversation("c1")
      .setMembers([
        ["carl", "member"],
        ["rita", "reader"],
      ]);
    chat.before("send", ({ body }) => {
      if (body["text"] === "rude") throw refuse("forbidden", "rude");
    });
    const tries = [
      ["mallory", "hi", "not_found"],
      ["rita", "hi", "forbidden"],
      ["carl", "hi", "forbidden"],
      ["bob", "rude", "forbidden"],
      ["bob", "x".repeat(40_000), "too_large"],
    ] as const;
    await scene.transaction(async (tx) => {
      for (const [user, text, code] of tries) {
        const sending = chat.as(user).conversation("c1").send({ text }, { tx });
        await expect(sending, `${user}: ${text.slice(0, 9)}`).rejects.toMatchObject({ code });
      }
      const nowhere = chat.system.conversation("c9").send({ text: "hi" }, { tx });
      await expect(nowhere).rejects.toMatchObject({ code: "not_found" });
      // None of it has harmed the transaction.
      await chat.as("bob").conversation("c1").send({ text: "fine" }, { tx });
    });
    await until(async () => (await textsIn(chat)).includes("fine"), WITHIN_MS);
    expect(await textsIn(chat)).toEqual(["fine"]);
  });

  it("are asked about once, as they are stored: what hooks made of them is what appears, whatever they say by then", async () => {
    const { chat } = await scene.gateway({ limits: IDLE, storeOptions: { listen: false } });
    let asked = 0;
    chat.before("send", ({ body }) => {
      asked += 1;
      if (asked > 1) throw refuse("forbidden", "too late");
      return { body: { text: `${body["text"]}!` } };
    });
    const draft = await scene.transaction((tx) => chat.as("bob").conversation("c1").send({ text: "hi" }, { tx }));
    expect(await draft.sent()).toMatchObject({ seq: 2, body: { text: "hi!" } });
    expect(await textsIn(chat)).toEqual(["hi!"]);
    expect(asked).toBe(1);
  });

  it("I17: are not numbered after their sender was removed, and the host is told", async () => {
    const { chat } = await scene.gateway({ limits: { ...IDLE, refusedDraftsAgainMs: 200 } });
    const told: [RefusedDraft, ChatError][] = [];
    chat.on("refused", (draft, error) => told.push([draft, error]));
    const draft = await scene.transaction(async (tx) => {
      const stored = await chat
        .as("bob")
        .conversation("c1")
        .send({ text: "bye" }, { tx, mentions: ["alice"] });
      await chat
        .as("alice")
        .conversation("c1")
        .setMembers([["bob", null]]);
      return stored;
    });
    await expect(draft.sent()).rejects.toMatchObject({ code: "not_found" });
    await until(() => told.length > 0, WITHIN_MS);
    const { id } = draft;
    const given = { conversation: "c1", user: "bob", id, type: "message", body: { text: "bye" }, mentions: ["alice"] };
    expect(told).toEqual([[given, expect.objectContaining({ code: "not_found" })]]);
    await until(async () => (await scene.drafts()) === 0, WITHIN_MS);
    expect(await textsIn(chat)).toEqual([]);
  });

  it("and are refused, are kept until a listener has taken them, also on another gateway", async () => {
    const limits = { draftsEveryMs: 50, refusedDraftsAgainMs: 300 };
    const deaf = await scene.gateway({ limits });
    const { chat } = deaf;
    const bob = chat.as("bob").conversation("c1");
    await bob.send({ text: "first" }, { id: "b1" });
    const draft = await scene.transaction(async (tx) => {
      const stored = await bob.send({ text: "second" }, { tx, slot: "s", expect: 0 });
      // The slot moves on before the commit.
      await chat.as("alice").conversation("c1").send({ text: "mine" }, { slot: "s", expect: 0 });
      return stored;
    });
    await expect(draft.sent()).rejects.toMatchObject({ code: "conflict", details: { last: 3 } });
    await deaf.close();
    expect(await scene.drafts()).toBe(1);
    const told: string[] = [];
    const listening = await scene.gateway({ limits });
    listening.chat.on("refused", ({ id }, { code, details }) => {
      told.push(`${id} ${code} ${String(details?.["last"])}`);
      if (told.length < 3) throw new Error("not yet");
    });
    await until(async () => (await scene.drafts()) === 0, WITHIN_MS);
    expect(told).toEqual(Array.from({ length: 3 }, () => `${draft.id} conflict 3`));
  });

  it("I11: wait for slow mode, with what is behind them, and let others pass", async () => {
    const { chat } = await scene.gateway({ limits: { draftsEveryMs: 50, draftsPerPageMax: 2 } });
    const alice = chat.as("alice");
    await alice.conversation("c1").patch({ slow: 60_000 });
    await alice.create({ kind: "group", id: "c2", members: ["bob"] });
    const [first, second] = await scene.transaction(async (tx) => {
      const bob = chat.as("bob");
      const one = await bob.conversation("c1").send({ text: "one" }, { tx });
      const two = await bob.conversation("c1").send({ text: "two" }, { tx });
      await bob.conversation("c1").send({ text: "three" }, { tx });
      await bob.conversation("c2").send({ text: "elsewhere" }, { tx });
      return [one, two];
    });
    expect((await first?.sent())?.ord).toBe(1);
    await expect(second?.sent()).rejects.toMatchObject({ code: "rate_limited", retryAfterMs: expect.any(Number) });
    await until(async () => (await scene.drafts()) === 2, WITHIN_MS);
    expect((await alice.conversation("c2").get()).ord).toBe(1);
    expect(await textsIn(chat)).toEqual(["one"]);
    await alice.conversation("c1").patch({ slow: 0 });
    await until(async () => (await scene.drafts()) === 0, WITHIN_MS);
    expect(await textsIn(chat)).toEqual(["one", "two", "three"]);
  });

  it("are so many at most as are numbered meanwhile", async () => {
    const { chat } = await scene.gateway({
      limits: { ...IDLE, draftsWaitingMax: 3 },
      storeOptions: { listen: false },
    });
    const c1 = chat.system.conversation("c1");
    const store = (text: string) => scene.transaction((tx) => c1.send({ text }, { tx }));
    const drafts = [await store("1"), await store("2"), await store("3")];
    await expect(store("4")).rejects.toMatchObject({ code: "unavailable", retryAfterMs: expect.any(Number) });
    await drafts[0]?.sent();
    await (await store("5")).sent();
    expect(await textsIn(chat)).toEqual(["1", "2", "3", "5"]);
  });

  it("say what is wrong with the transaction, and leave it to the host", async () => {
    const { chat } = await scene.gateway({ limits: IDLE });
    const c1 = chat.system.conversation("c1");
    const send = (tx: object) => c1.send({ text: "hi" }, { tx });
    await expect(send(scene.pool)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("not its pool"),
    });
    const client = await scene.pool.connect();
    await client.query("BEGIN READ ONLY");
    await expect(send(client)).rejects.toMatchObject({ code: "invalid" });
    await expect(send(client)).rejects.toMatchObject({ code: "conflict" });
    await client.query("ROLLBACK");
    client.release();
    const url = new URL(postgresUrl());
    url.pathname = "/template1";
    const elsewhere = new Pool({ connectionString: url.href, max: 1 });
    await expect(elsewhere.connect().then((other) => send(other).finally(() => other.release()))).rejects.toMatchObject(
      {
        code: "invalid",
        message: expect.stringContaining("database"),
      },
    );
    await elsewhere.end();
    // Any driver, in the shape of one call.
    const wrapped = {
      query: ({ text, values }: { text: string; values: unknown[] }) => scene.pool.query(text, values),
    };
    expect((await (await send(wrapped)).sent()).seq).toBe(2);
  });
});

describe("PostgreSQL store: messages in transactions of the host's, through PgBouncer", () => {
  let bouncer: StartedBouncer;
  let scene: DraftScene;

  beforeEach(async () => {
    bouncer = await startBouncer();
    scene = await draftScene({ connectionString: bouncer.url }, { namedStatements: false });
  });
  afterEach(async () => {
    await scene.close();
    await bouncer.stop();
  });

  it.each([
    ["hear of the commit on a connection of their own", { listen: postgresUrl }, IDLE],
    ["are found without one", {}, { draftsEveryMs: 50 }],
  ] as const)("%s", async (_title, given, limits) => {
    const listen = "listen" in given ? { listen: given.listen() } : {};
    const { chat } = await scene.gateway({ limits, storeOptions: listen });
    const bob = chat.as("bob").conversation("c1");
    for (const [n, text] of ["one", "two", "three"].entries()) {
      await scene.transaction((tx) => bob.send({ text }, { tx }));
      await until(async () => (await textsIn(chat)).length === n + 1, WITHIN_MS);
    }
    expect(await textsIn(chat)).toEqual(["one", "two", "three"]);
  });
});

describe("PostgreSQL store: a schema from before drafts", () => {
  it("is brought on with all that it holds", async () => {
    const pool = new Pool({ connectionString: postgresUrl(), max: 4 });
    const namespace = newNamespace();
    const schema = `"earshot_${namespace}"`;
    const test = await createTestChat({ store: postgresStore(pool, { namespace }) });
    await test.chat.as("alice").create({ kind: "group", id: "c1", members: ["bob"] });
    await test.chat.as("bob").conversation("c1").send({ text: "before" });
    await test.close();
    await pool.query(`DROP TABLE ${schema}.drafts; DELETE FROM ${schema}.migrations WHERE version = 2`);
    const after = await createTestChat({ store: postgresStore(pool, { namespace }) });
    const client = await pool.connect();
    const draft = await after.chat.as("bob").conversation("c1").send({ text: "after" }, { tx: client });
    client.release();
    await draft.sent();
    expect(await textsIn(after.chat)).toEqual(["before", "after"]);
    await after.close();
    await pool.query(`DROP SCHEMA ${schema} CASCADE`);
    await pool.end();
  });
});
