import { isVoidRow, type PageRow } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { MessageStore } from "./ports/message-store.ts";
import { memoryStore } from "./store/memory-message-store.ts";
import { Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { sharedStore } from "./testing/shared-store.ts";
import { TestEngine, type TestEngineOptions } from "./testing/test-engine.ts";

const HOUR_MS = 3_600_000;
/** A walk begins within it. */
const WALK_MS = 80_000;

/** An engine with `c1` of alice and bob, and messages in it, an hour apart. */
async function engineWith(messages: number, options: TestEngineOptions = {}) {
  const engine = await TestEngine.start(options);
  await engine.create("alice", "c1", ["bob"]);
  const say = async (count: number, everyMs = 0, c = "c1"): Promise<void> => {
    for (let index = 0; index < count; index++) {
      await engine.advance(everyMs);
      await engine.whileSettling(engine.chat.as("alice").conversation(c).send({ text: "x" }));
    }
  };
  await say(messages, HOUR_MS);
  const page = async (user: string, after: number) => {
    const { events } = await engine.whileSettling(engine.chat.as(user).conversation("c1").fetch({ after }));
    return events.map(nameOf);
  };
  return { engine, say, page };
}

function nameOf(row: PageRow): string | number {
  return isVoidRow(row) ? `void ${row.seq}-${row.to}` : row.seq;
}

function counting(store: MessageStore, method: keyof MessageStore) {
  const calls = { count: 0 };
  const counted = new Proxy(store, {
    get: (target, name: keyof MessageStore) => {
      const value: unknown = target[name];
      if (typeof value !== "function") return value;
      if (name === method) calls.count++;
      return value.bind(target);
    },
  });
  return { store: counted, calls };
}

describe("retention", () => {
  it("by age: what is older is void to every reader, and the rest is as it was", async () => {
    const { engine, page } = await engineWith(6, { retention: { age: 3.5 * HOUR_MS } });
    await engine.advance(WALK_MS);
    // 1 the creation; 2–7 messages of 5, 4, 3, 2, 1 and 0 hours ago.
    expect(await page("bob", 0)).toEqual(["void 1-3", 4, 5, 6, 7]);
    const row = await engine.whileSettling(engine.chat.as("bob").conversation("c1").get());
    expect(row).toMatchObject({ head: 7, ord: 6, read: 1, unread: 6, last: { seq: 7 } });
    const present = await engine.whileSettling(engine.chat.as("bob").conversation("c1").fetch());
    expect(present.events.map(nameOf)).toEqual(["void 1-3", 4, 5, 6, 7]);
  });

  it("by count: the newest messages stay; the head always does", async () => {
    const { engine, page, say } = await engineWith(6, { retention: { messages: 2 } });
    await engine.advance(WALK_MS);
    expect(await page("alice", 0)).toEqual(["void 1-5", 6, 7]);
    await say(3);
    await engine.advance(WALK_MS);
    expect(await page("alice", 0)).toEqual(["void 1-8", 9, 10]);
  });

  it("what a conversation keeps of itself and what the host keeps: the stricter counts", async () => {
    const { engine, page, say } = await engineWith(4, { retention: { messages: 3 } });
    await engine.create("alice", "c2");
    await say(6, 0, "c2");
    const patch = (c: string, retention: unknown) =>
      engine.call("alice", "PATCH", `/conversations/${c}`, { retention });
    expect((await patch("c1", { messages: 2, age: 10 * HOUR_MS })).status).toBe(200);
    expect((await patch("c2", { messages: 500 })).status).toBe(200);
    await engine.advance(WALK_MS);
    // 1 the creation, 2–5 messages, 6 the patch.
    expect(await page("alice", 0)).toEqual(["void 1-3", 4, 5, 6]);
    const c2 = await engine.whileSettling(engine.chat.as("alice").conversation("c2").fetch({ after: 0 }));
    expect(nameOf(c2.events[0] as PageRow)).toMatch(/^void 1-/);
    expect(c2.events.filter((row) => row.type === "message")).toHaveLength(3);
  });

  it("a conversation's own holds where the host keeps everything; without either nothing goes", async () => {
    const { engine, page } = await engineWith(3);
    await engine.advance(10 * WALK_MS);
    expect(await page("bob", 0)).toEqual([1, 2, 3, 4]);
    await engine.call("alice", "PATCH", "/conversations/c1", { retention: { messages: 1 } });
    await engine.advance(WALK_MS);
    expect((await page("bob", 0))[0]).toBe("void 1-3");
  });

  it("comes to who presents a cursor as a void, not as what is kept in memory of recent events", async () => {
    const { engine } = await engineWith(0, { retention: { messages: 2 } });
    const bob = await engine.join("bob");
    for (let sent = 0; sent < 6; sent++) {
      await engine.whileSettling(engine.chat.as("alice").conversation("c1").send({ text: "x" }));
    }
    const epoch = bob.events("c1")[0]?.epoch ?? "";
    await engine.advance(30_000);
    const before = await engine.join("bob", { device: "d2", have: [["c1", epoch, 1]] });
    expect(before.of("events")[0]).toMatchObject({ from: 2, to: 7 });
    await engine.advance(WALK_MS);
    const after = await engine.join("bob", { device: "d3", have: [["c1", epoch, 1]] });
    const [page] = after.of("events");
    expect(page).toMatchObject({ from: 2, to: 7, head: 7 });
    expect(page?.t === "events" && "events" in page ? page.events.map(nameOf) : []).toEqual(["void 2-5", 6, 7]);
  });

  it("I14: leaves watermarks and what is unread as they are; who reads on has read all that is gone", async () => {
    const { engine, say } = await engineWith(0, { retention: { messages: 1 } });
    await say(5);
    const bob = engine.chat.as("bob").conversation("c1");
    const read = async (seq: number): Promise<unknown> => {
      const reading = bob.read(seq);
      await engine.advance(500);
      await reading;
      return engine.whileSettling(bob.get());
    };
    expect(await read(3)).toMatchObject({ read: 3, unread: 3 });
    await engine.advance(WALK_MS);
    expect(await engine.whileSettling(bob.get())).toMatchObject({ read: 3, delivered: 3, unread: 3, ord: 5 });
    expect(await read(4)).toMatchObject({ read: 4, unread: 1 });
    expect(await read(2)).toMatchObject({ read: 4, unread: 1 });
    expect(await read(6)).toMatchObject({ read: 6, unread: 0 });
  });

  it("goes in slices, with a breath between them, so that a send waits for one at most", async () => {
    const clock = new ManualClock();
    const at: number[] = [];
    const plain = memoryStore({ clock });
    const store = new Proxy(plain, {
      get: (target, name: keyof MessageStore) => {
        const value: unknown = target[name];
        if (typeof value !== "function") return value;
        if (name === "expire") at.push(clock.monotonic());
        return value.bind(target);
      },
    });
    const { engine, page, say } = await engineWith(0, {
      clock,
      store,
      retention: { messages: 1 },
      limits: { retentionRowsMax: 5 },
    });
    await say(40);
    await engine.advance(WALK_MS);
    expect(await page("bob", 0)).toEqual(["void 1-40", 41]);
    const apart = at.slice(1, 8).map((ms, index) => ms - (at[index] ?? 0));
    expect(apart).toHaveLength(7);
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(10);
  });

  it("is one node's work at a time, and another's when that one goes", async () => {
    const clock = new ManualClock();
    const plain = memoryStore({ clock });
    const handle = sharedStore(plain);
    const [first, second] = [counting(handle(), "conversations"), counting(handle(), "conversations")];
    const options = { clock, retention: { messages: 1 } };
    const { engine, say } = await engineWith(3, { ...options, store: first.store, node: "n1" });
    const other = await TestEngine.start({ ...options, store: second.store, node: "n2", seed: 2 });
    await engine.advance(10 * WALK_MS);
    expect(first.calls.count).toBeGreaterThan(5);
    expect(second.calls.count).toBe(0);
    await say(2);
    await engine.close();
    await other.advance(2 * WALK_MS);
    expect(second.calls.count).toBeGreaterThan(0);
    expect(
      (await plain.range({ conversation: "c1", view: "log", from: "oldest", rows: 10, bytes: 1e6 }))?.rows,
    ).toHaveLength(1);
    await other.close();
    expect(clock.pending).toBe(0);
  });

  it("goes on where it stopped: in the middle of a walk, and after a store that failed", async () => {
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(4) });
    const store = lossy.wrap(memoryStore({ clock }), {
      expire: { failBefore: 0.5 },
      conversations: { failBefore: 0.5 },
    });
    const { engine, page } = await engineWith(20, {
      clock,
      store,
      retention: { messages: 2 },
      limits: { retentionRowsMax: 3 },
    });
    await engine.advance(20 * WALK_MS);
    expect(lossy.happened.failBefore).toBeGreaterThan(0);
    expect(await page("bob", 0)).toEqual(["void 1-19", 20, 21]);
    await engine.close();
    expect(clock.pending).toBe(0);
  });

  it("is refused where it keeps nothing, or is no number", () => {
    for (const retention of [{ age: 0 }, { messages: 0 }, { messages: 1.5 }, { age: Number.NaN }, { days: 3 }]) {
      expect(() => new TestEngine({ retention: retention as { age: number } })).toThrow(/option retention/);
    }
  });
});
