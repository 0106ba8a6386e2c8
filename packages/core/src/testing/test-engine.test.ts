import { describe, expect, it } from "vitest";
import { TestEngine } from "./test-engine.ts";

describe("TestEngine", () => {
  it("takes a message from one client to another, with frames as JSON text in between", async () => {
    const engine = await TestEngine.start();
    await engine.create("alice", "c1", ["bob"]);
    const alice = await engine.join("alice");
    const bob = await engine.join("bob");
    expect(alice.welcome).toMatchObject({ user: "alice", resumed: false, durability: "memory" });

    const sent = await alice.send("c1", "m1", "hi");

    expect(sent).toMatchObject({ seq: 2, ord: 1 });
    expect(bob.events("c1")).toMatchObject([{ seq: 2, id: "m1", from: "alice", body: { text: "hi" } }]);
    expect(bob.pair.fromGateway.at(-1)).toBe(JSON.stringify(bob.received.at(-1)));
    await engine.close();
    expect(alice.closedWith).toBe(1001);
    expect(engine.gauges).toMatchObject({ sessions: 0, swept: 0, users: 0, topics: 0 });
    expect(engine.clock.pending).toBe(0);
  });

  it("I28: does the same again for the same seed", async () => {
    const run = async (seed: number) => {
      const engine = await TestEngine.start({ seed });
      await engine.create("alice", "c1", ["bob"]);
      const bob = await engine.join("bob");
      await (await engine.join("alice")).send("c1", "m1");
      await engine.close();
      return bob.pair.fromGateway;
    };
    const once = await run(7);
    expect(once.length).toBeGreaterThan(1);
    expect(await run(7)).toEqual(once);
    expect(await run(8)).not.toEqual(once);
  });
});
