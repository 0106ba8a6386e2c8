import { isChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../seeded-random.ts";
import { NodeClock } from "./node-clock.ts";
import { SimulatedPresence } from "./simulated-presence.ts";
import { SimulatedTime } from "./time.ts";

const SESSION = { session: "s1", user: "ana", device: "d1", activity: "active" } as const;

async function scene() {
  const time = new SimulatedTime();
  const presence = new SimulatedPresence({ time, random: new SeededRandom(1), write: () => {} });
  const clock = new NodeClock(time);
  const end = presence.client({ node: "n1", clock, crashesAt: () => false });
  await end.open();
  const pass = (ms: number) => time.run(time.now + ms);
  const present = () => presence.plain.of(["ana"])[0]?.sessions.length;
  return { presence, clock, end, pass, present };
}

describe("SimulatedPresence", () => {
  it("does what a node asks in the order it was asked, and tells of changes", async () => {
    const { end, pass, present } = await scene();
    const told: string[] = [];
    end.onChange((users) => told.push(...users));
    for (let round = 0; round < 20; round++) {
      void end.lease("n1", 30_000);
      void end.put("n1", [SESSION]);
      void end.remove("n1", [{ session: "s1", quietMs: 0 }]);
    }
    void end.put("n1", [SESSION]);
    await pass(1_000);
    expect(present()).toBe(1);
    expect(told.length).toBeGreaterThan(20);
  });

  it("I21: ends a dead node's sessions with its lease, by a clock that no gateway has", async () => {
    const { end, clock, pass, present } = await scene();
    void end.lease("n1", 30_000);
    void end.put("n1", [SESSION]);
    await pass(100);
    clock.stepWall(3_600_000);
    clock.kill();
    await pass(29_000);
    expect(present()).toBe(1);
    await pass(2_000);
    expect(present()).toBe(0);
  });

  it("answers nobody while it is down", async () => {
    const { presence, end, pass } = await scene();
    let fired = 0;
    presence.down(1_000, () => fired++);
    const came = end.lease("n1", 30_000).catch((error: unknown) => isChatError(error) && error.code);
    await pass(100);
    expect([await came, fired]).toEqual(["unavailable", 1]);
    await pass(1_000);
    const later = end.lease("n1", 30_000);
    await pass(100);
    await later;
  });
});
