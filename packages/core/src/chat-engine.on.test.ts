import type { UserId } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { MemoryBusHub, memoryBus } from "./bus/memory-bus.ts";
import type { Append } from "./ports/append.ts";
import type { ChatEvent } from "./ports/hooks.ts";
import type { Logger } from "./ports/logger.ts";
import { MemoryPresenceRegistry, memoryPresence } from "./presence/memory-presence-store.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { deferred } from "./testing/deferred.ts";
import { Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { sharedStore } from "./testing/shared-store.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

/** An engine with `c1` of alice (owner) and bob, what a listener hears, and what is logged. */
async function engineWith(options: TestEngineOptions = {}) {
  const logged: unknown[] = [];
  const log = (...given: unknown[]): void => void logged.push(given);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const engine = await TestEngine.start({ logger, ...options });
  const heard: ChatEvent[] = [];
  const undo = engine.chat.on("event", (event) => void heard.push(event));
  await engine.create("alice", "c1", ["bob"]);
  await engine.settle();
  return { engine, chat: engine.chat, heard, undo, logged };
}

describe("on", () => {
  it("tells of every event, as it stands in the log, until its undo", async () => {
    const { engine, chat, heard, undo } = await engineWith();
    const alice = await engine.join("alice");
    await alice.send("c1", "m1");
    await alice.ask({ t: "send", id: "e1", c: "c1", type: "edit", re: 2, body: { text: "new" } }, "sent");
    await engine.call("alice", "PATCH", "/conversations/c1", { title: "new" });
    await engine.call("alice", "POST", "/conversations/c1/members", { members: ["zoe"] });
    await engine.whileSettling(chat.system.conversation("c1").send({ text: "host" }));
    await engine.settle();
    const page = await engine.call("alice", "GET", "/conversations/c1/messages?after=0");
    const { epoch, events } = (await page.json()) as { epoch: string; events: readonly object[] };
    expect(heard).toEqual(events.map((event) => ({ ...event, conversation: "c1", epoch })));
    expect(heard.map(({ type }) => type)).toEqual(["meta", "message", "edit", "meta", "member", "message"]);
    undo();
    await alice.send("c1", "m2");
    expect(heard).toHaveLength(6);
  });

  it("I17: tells on the node that wrote it, and there alone; of a repeat not again", async () => {
    const clock = new ManualClock();
    const [shared, hub] = [sharedStore(memoryStore()), new MemoryBusHub()];
    const nodes = [];
    for (const seed of [1, 2]) {
      const engine = await TestEngine.start({ clock, seed, store: shared(), bus: memoryBus(hub) });
      const heard: unknown[] = [];
      engine.chat.on("event", ({ id }) => void heard.push(id));
      nodes.push({ engine, heard });
    }
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    await one.engine.create("alice", "c1", ["bob"]);
    const alice = await one.engine.join("alice");
    const bob = await two.engine.join("bob");
    await alice.send("c1", "m1");
    await bob.send("c1", "m2");
    await alice.send("c1", "m1");
    expect(bob.events("c1")).toMatchObject([{ id: "m1" }]);
    expect([one.heard, two.heard]).toEqual([[undefined, "m1"], ["m2"]]);
  });

  it("tells of none twice while answers of the store are lost", async () => {
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(3) });
    const store = lossy.wrap(memoryStore(), { append: { failAfter: 0.5, failBefore: 0.2 } });
    const { engine, heard } = await engineWith({ clock, store });
    const alice = await engine.join("alice");
    for (let count = 0; count < 40; count++) {
      alice.pair.send({ t: "send", id: `m${count}`, c: "c1", type: "message", body: {} });
      await engine.advance(5_000);
      alice.pair.send({ t: "skip", id: `m${count}` });
    }
    expect(lossy.happened.failAfter).toBeGreaterThan(5);
    const seqs = heard.map(({ seq }) => seq);
    expect(seqs.length).toBeGreaterThan(10);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  });

  it("comes behind deliveries and answers, and nothing waits for it", async () => {
    const { engine, chat } = await engineWith();
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    const seen: unknown[] = [];
    chat.on("event", () => {
      seen.push([alice.of("sent").length, bob.events("c1").length]);
      return new Promise(() => {});
    });
    await alice.send("c1", "m1");
    await alice.send("c1", "m2");
    expect(seen).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it("S54: logs a listener that throws or rejects, without content, and the others hear all the same", async () => {
    const { engine, chat, heard, logged } = await engineWith();
    chat.on("event", ({ body }) => {
      throw new TypeError(String(body?.["text"]));
    });
    chat.on("event", ({ body }) => Promise.reject(new RangeError(String(body?.["text"]))));
    const last: unknown[] = [];
    chat.on("event", ({ seq }) => void last.push(seq));
    const alice = await engine.join("alice");
    await alice.send("c1", "m1", "canary");
    expect(heard.at(-1)?.body).toEqual({ text: "canary" });
    expect(last).toEqual([2]);
    const text = JSON.stringify(logged);
    for (const name of ["TypeError", "RangeError"]) expect(text).toContain(`{"c":"c1","seq":2,"name":"${name}"}`);
    expect(text).not.toContain("canary");
  });

  it("gives what nobody can change, also where the store gives what everybody can", async () => {
    const store = memoryStore();
    const append = store.append.bind(store);
    const { engine, chat, heard, logged } = await engineWith({
      store: Object.assign(store, { append: async (batch: readonly Append[]) => structuredClone(await append(batch)) }),
    });
    chat.on("event", (event) => {
      (event.body as Record<string, unknown>)["text"] = "changed";
    });
    const later: unknown[] = [];
    chat.on("event", ({ body }) => void later.push(body));
    await (await engine.join("alice")).send("c1", "m1");
    expect([heard.at(-1)?.body, ...later]).toEqual([{ text: "m1" }, { text: "m1" }]);
    expect(JSON.stringify(logged)).toContain("TypeError");
  });

  it("takes functions alone, and one event's name", async () => {
    const { chat } = await engineWith();
    expect(() => chat.on("message" as never, () => {})).toThrowError(expect.objectContaining({ code: "invalid" }));
    expect(() => chat.on("event", null as never)).toThrowError(expect.objectContaining({ code: "invalid" }));
  });
});

describe("on: who is offline", () => {
  async function offlineOf(
    options: TestEngineOptions,
    users: readonly UserId[],
    before: (engine: TestEngine) => unknown,
  ) {
    const { engine, chat } = await engineWith(options);
    const pages: (readonly UserId[])[] = [];
    const done = deferred<void>();
    await engine.call("alice", "POST", "/conversations/c1/members", { members: users });
    await before(engine);
    await engine.settle();
    chat.on("event", async (_event, { offline }) => {
      for await (const page of offline()) pages.push(page);
      done.resolve();
    });
    await engine.call("alice", "POST", "/conversations/c1/messages", { id: "m1", body: {} });
    await engine.whileSettling(done.promise);
    return pages;
  }

  it("names members without a session on any node, not who wrote it", async () => {
    const clock = new ManualClock();
    const registry = new MemoryPresenceRegistry(clock);
    const elsewhere = await TestEngine.start({ clock, seed: 9, presence: memoryPresence(registry) });
    const pages = await offlineOf(
      { clock, presence: memoryPresence(registry) },
      ["carol", "dave", "erin"],
      async (engine) => {
        await engine.join("carol");
        await (await engine.join("erin")).say({ t: "active", state: "invisible" });
        await elsewhere.join("dave");
      },
    );
    expect(pages).toEqual([["bob"]]);
  });

  it("goes through all of many, page by page", async () => {
    const users = Array.from({ length: 1_200 }, (_, index) => `u${index}`);
    const pages = await offlineOf({}, users, async (engine) => {
      await engine.join("u7");
    });
    expect(pages).toHaveLength(3);
    expect(new Set(pages.flat())).toEqual(new Set(["bob", ...users.filter((user) => user !== "u7")]));
  });

  it("is empty where everybody is there", async () => {
    expect(await offlineOf({}, ["carol"], (engine) => Promise.all([engine.join("bob"), engine.join("carol")]))).toEqual(
      [],
    );
  });
});
