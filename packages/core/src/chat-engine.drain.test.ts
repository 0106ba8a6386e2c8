import { describe, expect, it } from "vitest";
import { TestEngine } from "./testing/test-engine.ts";

const WITHIN_MS = 10_000;

describe("ChatEngine.drain", () => {
  it("I22: tells every session when to leave, and serves it as before until then", async () => {
    const engine = await TestEngine.start();
    await engine.create("alice", "c1", ["bob"]);
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    const draining = engine.chat.drain({ within: WITHIN_MS });
    await engine.settle();
    for (const client of [alice, bob]) {
      const [frame, ...more] = client.of("drain");
      expect(more).toEqual([]);
      expect(frame).toMatchObject({ t: "drain", within: WITHIN_MS });
      expect(frame?.delay).toBeLessThan(WITHIN_MS);
      expect(client.closedWith).toBe(null);
    }
    expect(alice.of("drain")[0]?.delay).not.toBe(bob.of("drain")[0]?.delay);
    expect((await alice.send("c1", "m1")).seq).toBe(2);
    expect(bob.events("c1")).toMatchObject([{ seq: 2 }]);
    expect((await engine.call("bob", "GET", "/conversations/c1")).status).toBe(200);
    await engine.advance(WITHIN_MS);
    await draining;
    await engine.close();
  });

  it("I22: closes who is still here at its end with 4001, not a moment before", async () => {
    const engine = await TestEngine.start();
    const alice = await engine.join("alice");
    const draining = engine.chat.drain({ within: WITHIN_MS });
    await engine.advance(WITHIN_MS - 1);
    expect(alice.closedWith).toBe(null);
    await engine.advance(1);
    expect(alice.closedWith).toBe(4001);
    await draining;
    await engine.close();
  });

  it("I22: closes one that has not said hello yet at once, with 4001", async () => {
    const engine = await TestEngine.start();
    const silent = engine.connect();
    const draining = engine.chat.drain({ within: WITHIN_MS });
    await engine.settle();
    expect(silent.closedWith).toBe(4001);
    await engine.advance(50);
    await draining;
    await engine.close();
  });

  it("resolves as soon as all have left, with their watermarks written", async () => {
    const engine = await TestEngine.start();
    await engine.create("alice", "c1", ["bob"]);
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    await alice.send("c1", "m1");
    await bob.say({ t: "read", c: "c1", seq: 2 });
    let over = false;
    const draining = engine.chat.drain({ within: WITHIN_MS }).then(() => {
      over = true;
    });
    await engine.advance(1_000);
    expect(over).toBe(false);
    await alice.say({ t: "bye" });
    await bob.say({ t: "bye" });
    await engine.advance(50);
    expect(over).toBe(true);
    await draining;
    expect(engine.gauges).toMatchObject({ sessions: 0, watermarks: 0 });
    await engine.close();
  });

  it("takes readiness away at once: 503 on readyz and healthz, while other calls go on", async () => {
    const engine = await TestEngine.start();
    const alice = await engine.join("alice");
    expect((await engine.call("alice", "GET", "/readyz")).status).toBe(200);
    const draining = engine.chat.drain({ within: WITHIN_MS });
    for (const path of ["/readyz", "/healthz"]) {
      const response = await engine.call("alice", "GET", path);
      expect([path, response.status, response.headers.get("retry-after")]).toEqual([path, 503, "1"]);
    }
    expect((await engine.call("alice", "GET", "/conversations")).status).toBe(200);
    await alice.say({ t: "bye" });
    await engine.advance(50);
    await draining;
    await engine.close();
  });

  it("is done once: a second call waits for the first; before start and after close there is nothing to drain", async () => {
    const engine = new TestEngine();
    await engine.chat.drain();
    await engine.chat.start();
    const alice = await engine.join("alice");
    const draining = [engine.chat.drain({ within: WITHIN_MS }), engine.chat.drain({ within: 1 })];
    await engine.advance(100);
    expect(alice.of("drain")).toHaveLength(1);
    expect(alice.closedWith).toBe(null);
    await engine.advance(WITHIN_MS);
    await Promise.all(draining);
    await engine.close();
    await engine.chat.drain();
  });

  it("is ended by close, which closes with 1001", async () => {
    const engine = await TestEngine.start();
    const alice = await engine.join("alice");
    const draining = engine.chat.drain({ within: WITHIN_MS });
    await engine.close();
    expect(alice.closedWith).toBe(1001);
    await engine.advance(100);
    await draining;
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses a window of %s", async (within) => {
    const engine = await TestEngine.start();
    await expect(engine.chat.drain({ within })).rejects.toMatchObject({
      code: "invalid",
      details: { field: "within" },
    });
    await engine.close();
  });
});
