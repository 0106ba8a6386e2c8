import { describe, expect, it } from "vitest";
import type { Followed } from "./host/follow.ts";
import { TestEngine } from "./testing/test-engine.ts";

const named = (batch: readonly Followed[]) =>
  batch.map((item) => ("gone" in item ? `${item.conversation} gone` : `${item.conversation} ${item.seq}`));

describe("chat.follow", () => {
  it("hears of every commit at once, whoever made it, and of what is removed", async () => {
    const engine = await TestEngine.start();
    const seen: string[] = [];
    let ended = false;
    void (async () => {
      for await (const batch of engine.chat.follow({ name: "indexer" })) seen.push(...named(batch));
      ended = true;
    })();
    await engine.settle();
    await engine.create("alice", "c1", ["bob"]);
    await engine.settle();
    expect(seen).toEqual(["c1 1"]);
    const bob = await engine.join("bob");
    await bob.send("c1", "m1");
    await engine.settle();
    await engine.call("alice", "PATCH", "/conversations/c1", { title: "x" });
    await engine.settle();
    expect(seen).toEqual(["c1 1", "c1 2", "c1 3"]);
    await engine.call("alice", "DELETE", "/conversations/c1");
    await engine.settle();
    expect(seen).toEqual(["c1 1", "c1 2", "c1 3", "c1 gone"]);
    await engine.close();
    expect([ended, engine.clock.pending]).toEqual([true, 0]);
  });

  it("may be asked for before the engine starts, and ends when it cannot", async () => {
    const engine = new TestEngine();
    const first = engine.chat.follow({ name: "indexer" }).next();
    await engine.chat.start();
    await engine.create("alice", "c1");
    await engine.settle();
    expect(named((await first).value ?? [])).toEqual(["c1 1"]);

    const store = { open: () => Promise.reject(new Error("no such disk")), close: async () => {} };
    const broken = new TestEngine({ store: Object.assign(Object.create(null), storeStub(), store) });
    const never = broken.chat.follow({ name: "indexer" }).next();
    await expect(broken.chat.start()).rejects.toThrow();
    expect(await never).toMatchObject({ done: true });
  });
});

/** As much of a store as the options ask for. */
function storeStub() {
  const nothing = async (): Promise<null> => null;
  return { append: nothing, create: nothing, range: nothing, access: nothing, setting: nothing };
}
