import { isChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { ImportMessage } from "./host/import-messages.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

const THEN = 1_500_000_000_000;

/** An engine with `c1` of alice and bob. */
async function engineWith(options: TestEngineOptions = {}) {
  const engine = await TestEngine.start(options);
  await engine.create("alice", "c1", ["bob"]);
  /** What an import answers, or its code and the index it names. */
  const importing = async (messages: Iterable<ImportMessage> | AsyncIterable<ImportMessage>, c = "c1") => {
    let outcome: unknown;
    void engine.chat.import(c, messages).then(
      (imported) => {
        outcome = imported;
      },
      (error: unknown) => {
        outcome = isChatError(error) ? [error.code, error.details?.["index"]] : error;
      },
    );
    for (let turn = 0; turn < 3_000 && outcome === undefined; turn++) await engine.settle();
    return outcome;
  };
  const log = async (after = 1) => {
    const page = await engine.whileSettling(engine.chat.system.conversation("c1").fetch({ after }));
    return page.events.filter((row) => row.type !== "void");
  };
  return { engine, importing, log };
}

const old = (index: number, given: Partial<ImportMessage> = {}): ImportMessage => ({
  from: index % 2 === 0 ? "zoe" : "bob",
  id: `old-${index}`,
  at: THEN + index,
  body: { text: `${index}` },
  ...given,
});
const many = (count: number) => Array.from({ length: count }, (_, index) => old(index));

describe("chat.import", () => {
  it("appends messages with their own times, in order, whoever wrote them, and tells who is here", async () => {
    const { engine, importing, log } = await engineWith();
    const alice = await engine.join("alice");
    const messages = [
      old(0, { mentions: ["alice"] }),
      old(1, { type: "x-poll", body: { poll: 1 } }),
      old(2, { re: 2, at: 0 }),
    ];
    expect(await importing(messages)).toEqual({ imported: 3, repeated: 0 });
    expect(await log()).toMatchObject([
      { seq: 2, ord: 1, type: "message", id: "old-0", from: "zoe", at: THEN, body: { text: "0" }, mentions: ["alice"] },
      { seq: 3, ord: 1, type: "x-poll", id: "old-1", from: "bob", at: THEN + 1 },
      { seq: 4, ord: 2, type: "message", id: "old-2", from: "zoe", at: 0, re: 2 },
    ]);
    expect(alice.events("c1").map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });

  it("fills a conversation before anybody is in it, who then have it whole, and read", async () => {
    const { engine, importing } = await engineWith();
    const { system } = engine.chat;
    await engine.whileSettling(system.create({ kind: "group", id: "c2", history: "all" }));
    expect(await importing(many(3), "c2")).toEqual({ imported: 3, repeated: 0 });
    await engine.whileSettling(system.conversation("c2").setMembers([["carol", "owner"]]));
    const carol = engine.chat.as("carol").conversation("c2");
    expect(await engine.whileSettling(carol.get())).toMatchObject({ role: "owner", unread: 0, ord: 3 });
    expect((await engine.whileSettling(carol.fetch({ after: 0 }))).events).toHaveLength(5);
  });

  it("I4: is repeated without a second event, and is the same message that its author sends again", async () => {
    const { engine, importing, log } = await engineWith();
    expect(await importing(many(3))).toEqual({ imported: 3, repeated: 0 });
    expect(await importing(many(5))).toEqual({ imported: 2, repeated: 3 });
    expect((await log()).map(({ id }) => id)).toEqual(many(5).map(({ id }) => id));
    const sent = engine.chat.as("bob").conversation("c1").send({ text: "1" }, { id: "old-1" });
    expect(await engine.whileSettling(sent)).toMatchObject({ seq: 3, dup: true });
    expect(await importing([old(1, { body: { text: "another" } })])).toEqual(["conflict", 0]);
  });

  it("takes 1,000 from an iterable that is read no further than it has room for", async () => {
    const { engine, importing } = await engineWith();
    let given = 0;
    let stored = 0;
    let ahead = 0;
    const events = engine.chat.system.conversation("c1").events({ after: 1 });
    void (async () => {
      for await (const _ of events) stored++;
    })();
    async function* messages(): AsyncGenerator<ImportMessage> {
      for (; given < 1_000; given++) {
        ahead = Math.max(ahead, given - stored);
        yield old(given);
      }
    }
    expect(await importing(messages())).toEqual({ imported: 1_000, repeated: 0 });
    expect(ahead).toBeLessThanOrEqual(600);
    await engine.close();
  });

  it.each<[string, Partial<ImportMessage>, string]>([
    ["an author that is none", { from: "no id" }, "invalid"],
    ["an id that is none", { id: "" }, "invalid"],
    ["a time that is none", { at: Number.NaN }, "invalid"],
    ["a time before 1970", { at: -1 }, "invalid"],
    ["no body", { body: undefined as unknown as { text: string } }, "invalid"],
    ["a body that is no JSON", { body: { at: new Date(0) } }, "invalid"],
    ["U+0000", { body: { text: "\u0000" } }, "invalid"],
    ["a body over its bound", { body: { text: "x".repeat(40_000) } }, "too_large"],
    ["the gateway's own type", { type: "meta" as "message" }, "invalid"],
    ["a reply to a fraction", { re: 1.5 }, "invalid"],
    ["a reply to what is no message", { re: 1 }, "not_found"],
    ["a reply to what is not there", { re: 5_000 }, "not_found"],
    ["another content under an id of before", { id: "old-249", from: "bob" }, "conflict"],
  ])("refuses %s, with its index, when all before it are in and none behind", async (_, given, code) => {
    const { importing, log } = await engineWith();
    const messages = many(300).with(251, old(251, given));
    expect(await importing(messages)).toEqual([code, 251]);
    expect((await log(200)).map(({ id }) => id).at(-1)).toBe("old-250");
    expect(await importing(many(300))).toEqual({ imported: 49, repeated: 251 });
    expect((await log(200)).map(({ id }) => id).at(-1)).toBe("old-299");
  });

  it("knows a reply to what came in the same breath", async () => {
    const { importing, log } = await engineWith();
    expect(await importing([...many(3), old(3, { re: 4 }), old(4, { re: 5 })])).toEqual({ imported: 5, repeated: 0 });
    expect((await log()).map(({ re }) => re)).toEqual([undefined, undefined, undefined, 4, 5]);
  });

  it("repeats a reply whose message is gone by now", async () => {
    const { engine, importing } = await engineWith();
    const messages = [...many(3), old(3, { re: 2 })];
    expect(await importing(messages)).toEqual({ imported: 4, repeated: 0 });
    await engine.call("alice", "PATCH", "/conversations/c1", { retention: { messages: 1 } });
    await engine.advance(80_000);
    expect(await importing(messages)).toEqual({ imported: 0, repeated: 4 });
  });

  it("rejects where there is no such conversation, and as its messages do", async () => {
    const { importing } = await engineWith();
    expect(await importing(many(1), "c9")).toEqual(["not_found", 0]);
    expect(await importing(many(1), "no id")).toEqual(["invalid", undefined]);
    const failure = new Error("the file ended");
    // biome-ignore lint/correctness/useYield: it fails before it gives anything.
    async function* failing(): AsyncGenerator<ImportMessage> {
      throw failure;
    }
    expect(await importing(failing())).toBe(failure);
  });

  it.each([1, 2, 3])("I4, I5: goes on where a store that fails let it stop (seed %i)", async (seed) => {
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(seed) });
    lossy.on = false;
    const faults = { failBefore: 0.35, failAfter: 0.35 };
    const { engine, log } = await engineWith({ clock, store: lossy.wrap(memoryStore(), { append: faults }) });
    lossy.on = true;
    let outcome: unknown = null;
    for (let attempt = 0; attempt < 100 && outcome === null; attempt++) {
      void engine.chat.import("c1", many(700)).then(
        (imported) => {
          outcome = imported;
        },
        () => {},
      );
      for (let passed = 0; passed < 30 && outcome === null; passed++) await engine.advance(1_000);
    }
    expect(outcome).toMatchObject({ repeated: expect.any(Number) });
    lossy.on = false;
    const ids: (string | undefined)[] = [];
    for (let after = 1; after < 701; after += 200) ids.push(...(await log(after)).map(({ id }) => id));
    expect(ids).toEqual(many(700).map(({ id }) => id));
    expect(lossy.happened.failAfter + lossy.happened.failBefore).toBeGreaterThan(2);
  });
});
