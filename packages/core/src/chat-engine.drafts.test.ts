import { describe, expect, it } from "vitest";
import type { Logger } from "./ports/logger.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { deferred } from "./testing/deferred.ts";
import { Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { MemoryDrafts, withDrafts } from "./testing/memory-drafts.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

const SECOND_MS = 1_000;

/** An engine with `c1` of alice (owner) and bob, over a store that takes drafts. */
async function engineWith({ faults = {}, ...options }: TestEngineOptions & { faults?: object } = {}) {
  const clock = new ManualClock();
  const drafts = new MemoryDrafts(clock);
  const lossy = new Lossy({ clock, random: new SeededRandom(1) });
  const store = withDrafts(lossy.wrap(memoryStore({ clock }), faults), drafts);
  lossy.on = false;
  const logged: unknown[] = [];
  const log = (...given: unknown[]): void => void logged.push(given);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const engine = await TestEngine.start({ clock, store, logger, ...options });
  await engine.create("alice", "c1", ["bob"]);
  const { chat } = engine;
  const bob = chat.as("bob").conversation("c1");
  const stored = async (text: string, commit = true) => {
    const tx = drafts.begin();
    const draft = await engine.whileSettling(bob.send({ text }, { tx }));
    if (commit) tx.commit();
    await engine.settle();
    return draft;
  };
  const texts = async (): Promise<unknown[]> => {
    const { events = [] } = await engine.whileSettling(chat.as("alice").conversation("c1").fetch({ after: 0 }));
    return events.flatMap((event) => ("body" in event && event.type === "message" ? [event.body?.["text"]] : []));
  };
  return { engine, chat, bob, clock, drafts, lossy, logged, stored, texts };
}

describe("drafts in the host's transactions", () => {
  it("are refused where the store shares none with its host, and nothing is asked", async () => {
    const engine = await TestEngine.start();
    await engine.create("alice", "c1", ["bob"]);
    let asked = 0;
    engine.chat.before("send", () => void asked++);
    const bob = engine.chat.as("bob").conversation("c1");
    await expect(bob.send({ text: "hi" }, { tx: {} })).rejects.toMatchObject({
      code: "invalid",
      retryAfterMs: undefined,
    });
    expect(asked).toBe(0);
    await engine.close();
  });

  it("are numbered at a hint, and where none comes by the next look", async () => {
    const { engine, drafts, stored, texts } = await engineWith();
    await stored("told");
    expect(await texts()).toEqual(["told"]);
    drafts.tells = false;
    await stored("found");
    expect(await texts()).toEqual(["told"]);
    await engine.advance(3 * SECOND_MS);
    expect(await texts()).toEqual(["told", "found"]);
    expect(drafts.size).toBe(0);
    await engine.close();
  });

  it("I4: are not appended again after an append whose answer was lost", async () => {
    const { engine, bob, drafts, lossy, stored, texts } = await engineWith({ faults: { append: { failAfter: 0.5 } } });
    const twenty = Array.from({ length: 20 }, (_, n) => `${n}`);
    const tx = drafts.begin();
    for (const text of twenty) {
      await engine.whileSettling(bob.send({ text }, { tx }));
    }
    lossy.on = true;
    tx.commit();
    for (let n = 0; n < 60; n++) await engine.advance(SECOND_MS);
    lossy.on = false;
    expect(lossy.happened.failAfter).toBeGreaterThan(0);
    await stored("last");
    await engine.advance(60 * SECOND_MS);
    expect(await texts()).toEqual([...twenty, "last"]);
    expect(drafts.size).toBe(0);
    await engine.close();
  });

  it("are looked for again, later and later, while the store cannot answer", async () => {
    const { engine, drafts, stored, texts, logged } = await engineWith();
    const { waiting } = drafts;
    let looks = 0;
    drafts.waiting = async () => {
      looks += 1;
      throw new Error("away");
    };
    await stored("late");
    const failed = looks;
    await engine.advance(120 * SECOND_MS);
    // 1, 2, 4, 8, 16, 30, 30, 30 s, each half at least.
    expect(looks - failed).toBeGreaterThan(4);
    expect(looks - failed).toBeLessThan(12);
    expect(logged.length).toBeGreaterThan(0);
    drafts.waiting = waiting;
    await engine.advance(30 * SECOND_MS);
    expect(await texts()).toEqual(["late"]);
    await engine.close();
  });

  it("are so many at most; what slow mode holds back counts on, what was rolled back does not", async () => {
    const { engine, chat, stored } = await engineWith({ limits: { draftsWaitingMax: 3 } });
    await engine.whileSettling(chat.as("alice").conversation("c1").patch({ slow: 3_600_000 }));
    for (const text of ["1", "2"]) await stored(text);
    for (const text of ["gone", "gone too"]) {
      await stored(text, false);
      await engine.advance(3 * SECOND_MS);
    }
    await stored("3");
    await stored("4");
    await expect(stored("5")).rejects.toMatchObject({ code: "unavailable", retryAfterMs: expect.any(Number) });
    await engine.whileSettling(chat.as("alice").conversation("c1").patch({ slow: 0 }));
    await engine.advance(3 * SECOND_MS);
    await stored("5");
    await engine.close();
  });

  it("and refused, are told to each listener with its own error, again after a minute where one fails", async () => {
    const { engine, chat, drafts, bob, logged } = await engineWith();
    const told: string[] = [];
    let fail = true;
    const undo = chat.on("refused", ({ id, user }, { code }) => {
      told.push(`${id} ${user} ${code}`);
      if (fail) throw new TypeError("no");
    });
    const tx = drafts.begin();
    await engine.whileSettling(bob.send({ text: "secret" }, { tx, id: "b1" }));
    await engine.whileSettling(
      chat
        .as("alice")
        .conversation("c1")
        .setMembers([["bob", "reader"]]),
    );
    tx.commit();
    await engine.settle();
    expect(told).toEqual(["b1 bob forbidden"]);
    fail = false;
    await engine.advance(59 * SECOND_MS);
    expect(told).toHaveLength(1);
    await engine.advance(40 * SECOND_MS);
    expect(told).toHaveLength(2);
    expect(drafts.size).toBe(0);
    await engine.advance(300 * SECOND_MS);
    expect(told).toHaveLength(2);
    expect(JSON.stringify(logged)).not.toContain("secret");
    undo();
    expect(() => chat.on("refused", null as never)).toThrow(expect.objectContaining({ code: "invalid" }));
    await engine.close();
  });

  it("and refused here, are not told of where another gateway had them in the log", async () => {
    const { engine, chat, drafts, stored, texts } = await engineWith();
    const told: unknown[] = [];
    chat.on("refused", (draft) => void told.push(draft));
    drafts.tells = false;
    const draft = await stored("there");
    const [held] = await drafts.waiting(null, 1);
    await engine.whileSettling(draft.sent());
    const again = drafts.begin();
    if (held === undefined) throw new Error("nothing waits");
    const mark = await drafts.put(again, held.entry);
    again.commit();
    await drafts.settle([], [[mark, { kind: "refused", code: "forbidden" }]], 1e9);
    await engine.advance(60 * SECOND_MS);
    expect(told).toEqual([]);
    expect(drafts.size).toBe(0);
    expect(await texts()).toEqual(["there"]);
    await engine.close();
  });

  it("keep a listener that never answers from holding up anything, close too", async () => {
    const { engine, chat, drafts, stored, texts } = await engineWith();
    const never = deferred<void>();
    let told = 0;
    chat.on("refused", () => {
      told += 1;
      return never.promise;
    });
    const tx = drafts.begin();
    const system = chat.system.conversation("c1");
    for (let n = 0; n < 150; n++) {
      await engine.whileSettling(system.send({ text: "x" }, { tx, slot: "s", expect: 9 }));
    }
    tx.commit();
    await engine.advance(30 * SECOND_MS);
    expect(told).toBe(100);
    await stored("on");
    expect(await texts()).toEqual(["on"]);
    await engine.close();
    expect(drafts.size).toBe(150);
  });

  it("take from a user's rates as sends do, and from nobody's else", async () => {
    const { engine, chat, drafts, bob } = await engineWith({
      limits: { sendsPerSecondPerUserMax: 1, sendBurstSeconds: 2 },
    });
    const tx = drafts.begin();
    for (let n = 0; n < 2; n++) await engine.whileSettling(bob.send({ text: "hi" }, { tx }));
    await expect(engine.whileSettling(bob.send({ text: "hi" }, { tx }))).rejects.toMatchObject({
      code: "rate_limited",
    });
    for (let n = 0; n < 5; n++) await engine.whileSettling(chat.system.conversation("c1").send({ text: "hi" }, { tx }));
    await engine.close();
  });
});
