import type { PresenceRow } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { TestClient } from "./testing/test-client.ts";
import { TestEngine } from "./testing/test-engine.ts";

/** `c1` of alice, bob and carol; alice watches bob. */
async function watched() {
  const engine = await TestEngine.start();
  await engine.create("alice", "c1", ["bob", "carol"]);
  const alice = await engine.join("alice");
  const watch = async (client: TestClient = alice, users: readonly string[] = ["bob"]) =>
    (await client.ask({ t: "subscribe", id: `r${client.received.length}`, c: "c1", users }, "presence")).users;
  expect(await watch()).toEqual([{ user: "bob", status: "offline" }]);
  let taken = 0;
  /** Changes told since this was called last. */
  const told = (): readonly PresenceRow[] => {
    const changes = alice.of("presence").filter(({ id }) => id === undefined);
    const news = changes.slice(taken);
    taken = changes.length;
    return news.flatMap(({ users }) => users);
  };
  return { engine, alice, watch, told };
}

describe("ChatEngine: presence", () => {
  it("I21: tells of a device that comes, idles, and says goodbye", async () => {
    const { engine, told } = await watched();
    const bob = await engine.join("bob");
    await engine.advance(1_000);
    expect(told()).toEqual([{ user: "bob", status: "online" }]);
    await bob.say({ t: "active", state: "idle" });
    await engine.advance(1_000);
    expect(told()).toEqual([{ user: "bob", status: "away" }]);
    const byeAt = engine.clock.now();
    await bob.say({ t: "bye" });
    await engine.advance(4_900);
    expect(told()).toEqual([]);
    await engine.advance(1_200);
    expect(told()).toEqual([{ user: "bob", status: "offline", seen: byeAt }]);
    await engine.close();
    expect(engine.clock.pending).toBe(0);
  });

  it("I21: sees no flap, whether the device says goodbye, is cut off or comes twice", async () => {
    const { engine, alice, told } = await watched();
    const first = await engine.join("bob", { device: "phone", k: 1 });
    await engine.advance(1_000);
    expect(told()).toHaveLength(1);
    await first.say({ t: "bye" });
    await engine.advance(4_000);
    const second = await engine.join("bob", { device: "phone", k: 2 });
    await engine.advance(2_000);
    const third = await engine.join("bob", { device: "phone", k: 3 });
    await engine.advance(2_000);
    expect(second.closedWith).toBe(4504);
    expect((await engine.join("bob", { device: "phone", k: 2 })).closedWith).toBe(4504);
    expect(third.closedWith).toBe(null);
    third.pair.cut();
    await engine.advance(10_000);
    await alice.say({ t: "ping", n: 0 });
    await engine.advance(20_000);
    const fourth = await engine.join("bob", { device: "phone", k: 4 });
    // It lives by its pings alone.
    for (let n = 0; n < 6; n++) {
      await engine.advance(15_000);
      await alice.say({ t: "ping", n });
      await fourth.say({ t: "ping", n });
    }
    expect([told(), alice.closedWith]).toEqual([[], null]);
    await engine.close();
  });

  it("I21: tells of who fell silent within two heartbeats and 5 s of their last word", async () => {
    const { engine, alice, told } = await watched();
    const bob = await engine.join("bob");
    await engine.advance(1_000);
    expect(told()).toHaveLength(1);
    await bob.say({ t: "ping", n: 1 });
    const lastAt = engine.clock.now();
    for (let n = 0; n < 45; n++) {
      await alice.say({ t: "ping", n });
      await engine.advance(1_000);
      if (n < 42) expect(told()).toEqual([]);
    }
    expect(bob.closedWith).toBe(4002);
    expect(told()).toEqual([{ user: "bob", status: "offline", seen: lastAt }]);
    await engine.close();
  });

  it("counts who is online in `subscribed`, invisible ones not", async () => {
    const { engine, alice } = await watched();
    const online = async () => (await alice.ask({ t: "subscribe", id: "s", c: "c1" }, "subscribed")).online;
    expect(await online()).toBe(1);
    const bob = await engine.join("bob");
    await engine.join("bob", { device: "bob-2" });
    await engine.join("stranger");
    expect(await online()).toBe(2);
    await engine.join("carol");
    await bob.say({ t: "active", state: "invisible" });
    expect(await online()).toBe(3);
    await bob.say({ t: "bye" });
    await engine.close();
  });

  it("I18: ends with the shared conversation, with a block, and with unsubscribe", async () => {
    const { engine, alice, watch, told } = await watched();
    const bob = await engine.join("bob");
    await engine.advance(1_000);
    expect(told()).toHaveLength(1);
    const flip = async (state: "idle" | "active") => {
      await bob.say({ t: "active", state });
      await engine.advance(1_500);
      return told();
    };
    await alice.say({ t: "unsubscribe", id: "u1", users: ["bob"] });
    expect(await flip("idle")).toEqual([]);
    expect(await watch()).toEqual([{ user: "bob", status: "away" }]);
    expect((await engine.call("bob", "PUT", "/blocks/alice")).status).toBe(204);
    expect(await flip("active")).toEqual([]);
    expect(await watch()).toEqual([]);
    expect((await engine.call("bob", "DELETE", "/blocks/alice")).status).toBe(204);
    expect(await watch()).toHaveLength(1);
    expect((await engine.call("alice", "DELETE", "/conversations/c1/members/bob")).status).toBe(200);
    expect(await flip("idle")).toEqual([]);
    expect(await watch()).toEqual([]);
    await engine.close();
  });
});
