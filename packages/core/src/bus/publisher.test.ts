import type { EventRow, UserId } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { Bus, Envelope, Topic } from "../ports/bus.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { MemoryBusHub, memoryBus } from "./memory-bus.ts";
import type { Arrival } from "./order-gate.ts";
import { Publisher } from "./publisher.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

const message = (seq: number): EventRow => ({
  seq,
  ord: seq,
  type: "message",
  id: `m${seq}`,
  from: "alice",
  at: 0,
  body: {},
});
const removal = (seq: number, user: UserId): EventRow => ({
  seq,
  ord: 0,
  type: "member",
  from: "alice",
  at: 0,
  body: { members: [[user, null]] },
});
const arrivalOf = (...rows: readonly EventRow[]): Arrival => ({ c: "c1", epoch: "e1", rows, membersVersion: 3 });

function nodeOn(bus: Bus | null, node: string, members: readonly UserId[] = ["alice", "bob"]) {
  const arrived: Arrival[] = [];
  const asked: (readonly [string, number])[] = [];
  const publisher = new Publisher({
    node,
    bus,
    logger: silentLogger,
    clock: new ManualClock(),
    limits: { topicWithinMs: 1_000 },
    arrive: (arrival) => arrived.push(arrival),
    members: async (c, version) => {
      asked.push([c, version]);
      return members;
    },
  });
  return { publisher, arrived, asked };
}

async function cluster() {
  const hub = new MemoryBusHub();
  const buses = [memoryBus(hub), memoryBus(hub)] as const;
  for (const bus of buses) await bus.open();
  return { here: nodeOn(buses[0], "n1"), there: nodeOn(buses[1], "n2"), buses };
}

describe("Publisher", () => {
  it("tells this node at once, and the others what they have users for", async () => {
    const { here, there } = await cluster();
    await there.publisher.listen("bob");
    const arrival: Arrival = { ...arrivalOf(message(2), message(3)), origins: [{}, null] };
    here.publisher.publish(arrival);
    expect(here.arrived).toEqual([arrival]);
    await turn();
    expect(there.arrived).toEqual([arrivalOf(message(2), message(3))]);
    expect(here.asked).toEqual([["c1", 3]]);
  });

  it("tells nothing of a conversation that nobody there is a member of", async () => {
    const { here, there } = await cluster();
    await there.publisher.listen("mallory");
    here.publisher.publish(arrivalOf(message(2)));
    await turn();
    expect(there.arrived).toEqual([]);
  });

  it("I17: tells who was removed of the removal", async () => {
    const { here, there } = await cluster();
    await there.publisher.listen("zoe");
    here.publisher.publish(arrivalOf(removal(2, "zoe")));
    await turn();
    expect(there.arrived).toHaveLength(1);
  });

  it("hears nothing of its own, and once for each of its users at most", async () => {
    const { here, there } = await cluster();
    for (const user of ["alice", "bob"]) {
      await here.publisher.listen(user);
      await there.publisher.listen(user);
    }
    here.publisher.publish(arrivalOf(message(2)));
    await turn();
    expect(here.arrived).toHaveLength(1);
    expect(there.arrived.length).toBeGreaterThanOrEqual(1);
    expect(there.arrived.length).toBeLessThanOrEqual(2);
  });

  it("I25: listens once however often a user comes, and not any longer when they have gone", async () => {
    const { here, there } = await cluster();
    await there.publisher.listen("bob");
    await there.publisher.listen("bob");
    expect(there.publisher.size).toBe(1);
    there.publisher.forget("bob");
    there.publisher.forget("bob");
    expect(there.publisher.size).toBe(0);
    here.publisher.publish(arrivalOf(message(2)));
    await turn();
    expect(there.arrived).toEqual([]);
    await there.publisher.listen("bob");
    here.publisher.publish(arrivalOf(message(3)));
    await turn();
    expect(there.arrived).toHaveLength(1);
  });

  it("I26: delivers here although the bus fails", async () => {
    const { here, buses } = await cluster();
    await buses[0].close();
    here.publisher.publish(arrivalOf(message(2)));
    await turn();
    expect(here.arrived).toHaveLength(1);
  });

  it("lets people in although the bus cannot be listened to", async () => {
    const { here, buses } = await cluster();
    await buses[0].close();
    await expect(here.publisher.listen("bob")).resolves.toBe(undefined);
  });

  it("S55: takes no envelope of a version it does not know", async () => {
    const heard = new Map<Topic, (envelope: Envelope) => void>();
    const bus = {
      subscribe: (topic: Topic, on: (envelope: Envelope) => void) => {
        heard.set(topic, on);
        return { ready: Promise.resolve(), cancel: () => {} };
      },
    } as unknown as Bus;
    const { publisher, arrived } = nodeOn(bus, "n1");
    await publisher.listen("bob");
    const envelope: Envelope = { v: 1, node: "n2", c: "c1", epoch: "e1", membersVersion: 1, rows: [message(2)] };
    heard.get("u:bob")?.({ ...envelope, v: 2 } as unknown as Envelope);
    heard.get("u:bob")?.({ ...envelope, node: "n1" });
    expect(arrived).toEqual([]);
    heard.get("u:bob")?.(envelope);
    expect(arrived).toHaveLength(1);
  });

  it("needs no bus in a cluster of one", async () => {
    const { publisher, arrived, asked } = nodeOn(null, "n1");
    await publisher.listen("bob");
    publisher.publish(arrivalOf(message(2)));
    publisher.forget("bob");
    await turn();
    expect([arrived.length, asked.length, publisher.size]).toEqual([1, 0, 0]);
  });
});
