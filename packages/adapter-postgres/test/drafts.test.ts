import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { refuse } from "@earshot/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connected, type DraftScene, draftScene, IDLE, textsIn } from "./draft-scene.ts";
import { postgresUrl } from "./pools.ts";
import { until } from "./until.ts";

const WITHIN_MS = 20_000;

describe("PostgreSQL store: messages in transactions of the host's", () => {
  let scene: DraftScene;

  beforeEach(async () => {
    scene = await draftScene();
  });
  afterEach(() => scene.close());

  it("are told to members with their place after the commit, by a hint alone, and not before", async () => {
    const test = await scene.gateway({ limits: IDLE });
    const { chat } = test;
    const events = await connected(test, "bob");
    const drafts = [];
    for (const text of ["one", "two"]) {
      drafts.push(
        await scene.transaction(async (tx) => {
          const draft = await chat.as("alice").conversation("c1").send({ text }, { tx });
          expect(await textsIn(chat)).not.toContain(text);
          return draft;
        }),
      );
      await until(() => events.length === drafts.length, WITHIN_MS);
    }
    expect(events.map(({ seq, id, from, body }) => [seq, id, from, body])).toEqual([
      [2, drafts[0]?.id, "alice", { text: "one" }],
      [3, drafts[1]?.id, "alice", { text: "two" }],
    ]);
    await until(async () => (await scene.drafts()) === 0, WITHIN_MS);
    const at = await drafts[1]?.sent();
    expect(at).toEqual({ id: drafts[1]?.id, c: "c1", epoch: events[1]?.epoch, seq: 3, ord: 2, at: events[1]?.at });
  });

  it("are told of after the connection that hears of commits was cut, and of those that were committed meanwhile", async () => {
    const { chat } = await scene.gateway({ limits: IDLE });
    const c1 = chat.system.conversation("c1");
    const said: string[] = [];
    for (let n = 0; n < 6; n++) {
      said.push(`${n}`);
      await scene.transaction((tx) => c1.send({ text: `${n}` }, { tx }));
      if (n % 2 === 0) {
        await until(async () => (await textsIn(chat)).length === said.length, WITHIN_MS);
        const name = `earshot_${scene.namespace}_drafts`;
        const cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
        expect((await scene.pool.query(cut, [name])).rowCount).toBe(1);
      }
    }
    await until(async () => (await textsIn(chat)).length === said.length, WITHIN_MS);
    expect(await textsIn(chat)).toEqual(said);
  });

  it("never appear where the transaction is rolled back, whole or to a savepoint", async () => {
    const { chat } = await scene.gateway({ limits: IDLE });
    const { system } = chat;
    const rolledBack = await scene
      .transaction(async (tx) => {
        throw await system.conversation("c1").send({ text: "never" }, { tx });
      })
      .catch((draft: { sent(): Promise<unknown> }) => draft);
    const [kept, undone] = await scene.transaction(async (tx) => {
      const first = await system.conversation("c1").send({ text: "kept" }, { tx });
      await tx.query("SAVEPOINT half");
      const second = await system.conversation("c1").send({ text: "undone" }, { tx });
      await tx.query("ROLLBACK TO SAVEPOINT half");
      return [first, second];
    });
    expect((await kept?.sent())?.seq).toBe(2);
    for (const never of [rolledBack, undone]) {
      await expect(never?.sent()).rejects.toMatchObject({ code: "not_found" });
    }
    expect(await textsIn(chat)).toEqual(["kept"]);
    expect(await scene.drafts()).toBe(0);
  });

  it("asked for before the commit are not there yet, and stand where they stand however often they are asked for", async () => {
    const { chat } = await scene.gateway({ limits: IDLE });
    const draft = await scene.transaction(async (tx) => {
      const stored = await chat.as("bob").conversation("c1").send({ text: "hi" }, { tx, id: "b1" });
      await expect(stored.sent()).rejects.toMatchObject({ code: "not_found" });
      return stored;
    });
    const [first, again] = await Promise.all([draft.sent(), draft.sent()]);
    expect(first).toEqual({ id: "b1", c: "c1", epoch: expect.any(String), seq: 2, ord: 1, at: expect.any(Number) });
    expect(again).toEqual(first);
    expect(await draft.sent()).toEqual(first);
  });

  it("I11: keep the order in which one transaction stored them, over several pages", async () => {
    const { chat } = await scene.gateway({ limits: { ...IDLE, draftsPerPageMax: 3 } });
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`);
    const last = await scene.transaction(async (tx) => {
      let draft = null;
      for (const text of texts) draft = await chat.as("bob").conversation("c1").send({ text }, { tx });
      return draft;
    });
    expect((await last?.sent())?.seq).toBe(21);
    expect(await textsIn(chat)).toEqual(texts);
  });

  it("I4: are one event, whoever sends them again under their id and however", async () => {
    const { chat } = await scene.gateway({ limits: IDLE });
    const bob = chat.as("bob").conversation("c1");
    const store = (text: string) => scene.transaction((tx) => bob.send({ text }, { tx, id: "b1" }));
    const [one, two] = [await store("hi"), await store("hi")];
    const sent = await one.sent();
    expect(await two.sent()).toEqual(sent);
    expect(await bob.send({ text: "hi" }, { id: "b1" })).toEqual({ ...sent, dup: true });
    // It is in the log: nothing is stored, and nothing asked.
    chat.before("send", () => {
      throw refuse("forbidden");
    });
    expect(await (await store("hi")).sent()).toEqual(sent);
    await expect(store("another")).rejects.toMatchObject({ code: "conflict" });
    expect(await textsIn(chat)).toEqual(["hi"]);
    expect(await scene.drafts()).toBe(0);
  });

  it("I1 I4: committed by a process that is killed at once, are numbered at the next start", async () => {
    const child = spawn(
      process.execPath,
      ["--conditions=@earshot/source", fileURLToPath(new URL("./draft-child.ts", import.meta.url))],
      {
        env: { ...process.env, DRAFTS_URL: postgresUrl(), DRAFTS_NAMESPACE: scene.namespace },
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
    const signal = await new Promise((resolve) => child.once("exit", (_code, by) => resolve(by)));
    expect(signal).toBe("SIGKILL");
    expect(await scene.drafts()).toBe(2);
    const { chat } = await scene.gateway();
    await until(async () => (await scene.drafts()) === 0, WITHIN_MS);
    expect(await textsIn(chat)).toEqual(["from the grave", "and again"]);
  });

  it("I4: appended by a gateway that dies before it has said so, are not appended again", async () => {
    const dying = await scene.gateway({ limits: IDLE });
    let bury = (): void => {};
    const dead = new Promise<void>((resolve) => {
      bury = resolve;
    });
    Object.assign(dying.store.drafts ?? {}, { settle: () => dead });
    await scene.transaction((tx) => dying.chat.as("bob").conversation("c1").send({ text: "once" }, { tx }));
    await until(async () => (await textsIn(dying.chat)).length === 1, WITHIN_MS);
    expect(await scene.drafts()).toBe(1);
    const { chat } = await scene.gateway();
    await until(async () => (await scene.drafts()) === 0, WITHIN_MS);
    expect(await textsIn(chat)).toEqual(["once"]);
    bury();
  });

  it("I4: numbered by several gateways at once, are there once, in order, and told once", async () => {
    const gateways = await Promise.all(
      Array.from({ length: 3 }, () => scene.gateway({ limits: { draftsEveryMs: 20, draftsPerPageMax: 7 } })),
    );
    const told: number[] = [];
    for (const { chat } of gateways) chat.on("event", ({ seq }) => told.push(seq));
    const rounds = Array.from({ length: 20 }, (_, n) => n);
    await Promise.all(
      gateways.map(async ({ chat }, at) => {
        const bob = chat.as("bob").conversation("c1");
        for (const n of rounds) {
          await scene.transaction(async (tx) => {
            for (const part of ["a", "b", "c"]) await bob.send({ text: `${at} ${n} ${part}` }, { tx });
          });
        }
      }),
    );
    await until(async () => (await scene.drafts()) === 0, WITHIN_MS);
    const texts = (await textsIn((await scene.gateway()).chat)).map(String);
    expect(texts).toHaveLength(180);
    for (const at of [0, 1, 2]) {
      const own = texts.filter((text) => text.startsWith(`${at} `));
      expect(own).toEqual(rounds.flatMap((n) => ["a", "b", "c"].map((part) => `${at} ${n} ${part}`)));
    }
    await until(() => told.length >= 180, WITHIN_MS);
    expect([...told].sort((a, b) => a - b)).toEqual(Array.from({ length: 180 }, (_, n) => n + 2));
  });
});
