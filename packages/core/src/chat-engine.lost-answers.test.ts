import { describe, expect, it } from "vitest";
import { memoryStore } from "./store/memory-message-store.ts";
import { type Faults, Lossy } from "./testing/lossy.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";
import { TestEngine } from "./testing/test-engine.ts";

/** An engine with `c1` of alice and bob, whose store answers until it is told not to. */
async function engineOver(faults: { readonly append?: Faults; readonly create?: Faults }) {
  const clock = new ManualClock();
  const lossy = new Lossy({ clock, random: new SeededRandom(1) });
  lossy.on = false;
  const engine = await TestEngine.start({ clock, store: lossy.wrap(memoryStore(), faults) });
  await engine.create("alice", "c1", ["bob"]);
  const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
  /** One call, while time goes on, of which the first answers of the store are lost; its status. */
  const lost = async (ms: number, ...[user, method, path, body]: Parameters<TestEngine["call"]>) => {
    lossy.on = true;
    const init = { method, headers: { authorization: `Bearer ${user}` }, body: JSON.stringify(body ?? {}) };
    const answer = engine.chat.fetch(new Request(`http://test${path}`, init));
    await engine.advance(ms);
    lossy.on = false;
    await engine.advance(3_000);
    return (await answer).status;
  };
  return { engine, alice, bob, lost };
}

const types = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type);

describe("ChatEngine, where the store's answer is lost", () => {
  it("I9, I17: tells of a removal that was stored: the event, then gone", async () => {
    const { engine, alice, bob, lost } = await engineOver({ append: { failAfter: 1 } });
    expect(await lost(10, "alice", "POST", "/conversations/c1/members", { members: [["carol", "member"]] })).toBe(200);
    expect([types(alice.events("c1")), types(bob.events("c1"))]).toEqual([["member"], ["member"]]);
    expect(await lost(10, "alice", "PATCH", "/conversations/c1", { title: "two" })).toBe(200);
    expect([alice.events("c1").length, bob.events("c1").at(-1)?.body]).toEqual([2, { title: "two" }]);
    await engine.close();
  });

  it("I9: tells of a message although its sender was refused in the end", async () => {
    const { engine, alice, bob, lost } = await engineOver({ append: { failAfter: 1 } });
    const message = { id: "m1", body: { text: "hi" } };
    expect(await lost(5_000, "alice", "POST", "/conversations/c1/messages", message)).toBe(503);
    expect(bob.events("c1")).toMatchObject([{ id: "m1", seq: 2 }]);
    const again = await engine.call("alice", "POST", "/conversations/c1/messages", message);
    expect([again.status, await again.json()]).toMatchObject([200, { dup: true, seq: 2 }]);
    expect([alice.events("c1").length, bob.events("c1").length]).toEqual([1, 1]);
    await engine.close();
  });

  it("I9: tells of a conversation that was created all the same", async () => {
    const { engine, bob, lost } = await engineOver({ create: { failAfter: 1 } });
    const request = { kind: "group", id: "c2", members: ["bob"] };
    expect(await lost(10, "alice", "POST", "/conversations", request)).toBe(503);
    expect(bob.events("c2")).toMatchObject([{ seq: 1, type: "meta" }]);
    expect((await engine.call("alice", "POST", "/conversations", request)).status).toBe(200);
    await engine.close();
  });
});
